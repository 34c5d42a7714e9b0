import type { Context } from "@opentelemetry/api";
import type { ContextManager, Telemetry } from "bullmq";
import { BullMQOtel } from "bullmq-otel";

type QueueTracer = Telemetry<Context>["tracer"];
type QueueSpan = ReturnType<QueueTracer["startSpan"]>;
type Attributes = Parameters<QueueSpan["setAttributes"]>[0];

/** What BullMQ does for a job's sake; what it does for itself (locks, stalled jobs) would bury it. */
const wanted = /^(?:add|addBulk|process) /;

/** What of BullMQ's attributes may leave: names, numbers and times, but neither results nor reasons nor options. */
const shown: ReadonlySet<string> = new Set([
  "bullmq.queue.name",
  "bullmq.queue.operation",
  "bullmq.worker.id",
  "bullmq.worker.name",
  "bullmq.job.id",
  "bullmq.job.name",
  "bullmq.job.attempts.made",
  "bullmq.job.attempt.number",
  "bullmq.job.bulk.count",
  "bullmq.job.processed.timestamp",
  "bullmq.job.attempt.finished_timestamp",
]);

/**
 * BullMQ's own telemetry, by its own package, with care: it carries a job's trace from whoever added it to whoever works
 * on it. BullMQ would add a job's result to its span, and gives up a job whose trace context is no JSON, which any
 * producer may write; neither happens here.
 */
export function queueTelemetry(): Telemetry<Context> {
  const { tracer, contextManager } = new BullMQOtel({ tracerName: "latchkey" });
  return {
    tracer: {
      startSpan(name, options, context) {
        return wanted.test(name) ? careful(tracer.startSpan(name, options, context)) : noSpan;
      },
    },
    contextManager: withoutFault(contextManager),
  };
}

function careful(span: QueueSpan): QueueSpan {
  return {
    setSpanOnContext: (context) => span.setSpanOnContext(context),
    setAttribute(key, value) {
      if (shown.has(key)) span.setAttribute(key, value);
    },
    setAttributes: (attributes) => span.setAttributes(filtered(attributes)),
    addEvent: (name, attributes) => span.addEvent(name, filtered(attributes ?? {})),
    // What a failed job ends in is our own text, but an error of the queue's own may quote anything.
    recordException: () => span.addEvent("exception"),
    end: () => span.end(),
  };
}

const filtered = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => shown.has(key)));

const noSpan: QueueSpan = {
  setSpanOnContext: (context: Context) => context,
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
};

function withoutFault(manager: ContextManager<Context>): ContextManager<Context> {
  return {
    with: (context, work) => manager.with(context, work),
    active: () => manager.active(),
    getMetadata: (context) => manager.getMetadata(context),
    fromMetadata(active, metadata) {
      try {
        return manager.fromMetadata(active, metadata);
      } catch {
        // The trace is lost; the job is not.
        return active;
      }
    },
  };
}
