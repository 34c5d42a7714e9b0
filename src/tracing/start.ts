import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Telemetry } from "bullmq";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config.ts";
import type { Observers } from "../observe.ts";
import { queueTelemetry } from "./queue-telemetry.ts";
import { traceRuns } from "./trace-runs.ts";
import { tracerName } from "./tracer-name.ts";

/** This process's traces. */
export interface Tracing extends AsyncDisposable {
  /** For BullMQ: carries traces through the queue. */
  readonly queue: Telemetry;
  /** Does the work within a span of this name; what it submits is in its trace. */
  inSpan<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** How long the last spans may take to be sent when the process ends, in milliseconds. */
const flushMs = 3_000;
/** So long are spans gathered before they are sent, in milliseconds. */
const batchMs = 1_000;

/**
 * Starts tracing, for the whole process: OpenTelemetry's API is global. Spans are sent by OTLP over HTTP to where the
 * settings say, and to nobody else.
 */
export function startTracing({
  config,
  endpoint,
  processName,
  observers,
}: {
  config: Pick<Config, "otlpHeaders" | "otelServiceName" | "otelResourceAttributes">;
  /** Of the collector, as OTEL_EXPORTER_OTLP_ENDPOINT says it. */
  endpoint: string;
  processName: string;
  observers: Pick<Observers, "add">;
}): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    headers: parseKeyPairsIntoRecord(config.otlpHeaders?.reveal() ?? ""),
    timeoutMillis: flushMs,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        "service.version": packageJson.version,
        "service.instance.id": processName,
        ...parseKeyPairsIntoRecord(config.otelResourceAttributes),
        "service.name": config.otelServiceName,
      }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: batchMs })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const observing = observers.add(traceRuns());

  return {
    queue: queueTelemetry(),
    inSpan: (name, work) =>
      trace.getTracer(tracerName).startActiveSpan(name, async (span) => {
        try {
          return await work();
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    async [Symbol.asyncDispose]() {
      observing[Symbol.dispose]();
      // A collector that does not answer holds up nobody's end.
      await Promise.race([provider.shutdown().catch(() => {}), late(flushMs)]);
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

async function late(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  await promise;
}
