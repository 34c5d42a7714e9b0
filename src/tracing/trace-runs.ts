import {
  type Context,
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { RunEvent } from "../events.ts";
import type { Observer } from "../observe.ts";
import type { Outcome } from "../outcome.ts";
import { tracerName } from "./tracer-name.ts";

/** The spans of one run that are open, the run's own first. */
interface RunSpans {
  run: Span;
  stage: Span | undefined;
  /** Steps may be nested. */
  steps: { name: string; span: Span }[];
}

/**
 * Makes spans of what is observed of runs: one per run, below it its stages, below them the flow's steps. Begun where a
 * queue's job is worked on, it stands below that job's span and so in the trace of whoever submitted it.
 */
export function traceRuns(): Observer {
  const tracer = trace.getTracer(tracerName);
  const open = new Map<string, RunSpans>();
  const below = (parent: Span): Context => trace.setSpan(context.active(), parent);

  function onEvent(spans: RunSpans, event: RunEvent): void {
    const innermost = spans.steps.at(-1)?.span ?? spans.stage ?? spans.run;
    if (event.type === "started") {
      spans.run.setAttribute("latchkey.attempt", event.attempt);
    } else if (event.type === "stage" && event.status === "started") {
      spans.stage = tracer.startSpan(event.stage, {}, below(spans.run));
    } else if (event.type === "stage" && event.status === "ended") {
      endSteps(spans);
      if (event.detail !== undefined) spans.stage?.setAttribute("latchkey.detail", event.detail);
      end(spans.stage, event.failed === true);
      spans.stage = undefined;
    } else if (event.type === "step" && event.status === "started") {
      const span = tracer.startSpan(`step ${event.name}`, {}, below(innermost));
      spans.steps.push({ name: event.name, span });
    } else if (event.type === "step") {
      const at = spans.steps.findLastIndex(({ name }) => name === event.name);
      const [step] = at < 0 ? [] : spans.steps.splice(at, 1);
      end(step?.span, event.status === "failed");
    } else if (event.type === "login") {
      innermost.setAttributes({
        "latchkey.login": event.result,
        "latchkey.login.password_submits": event.submits.password,
        "latchkey.login.code_submits": event.submits.code,
      });
    } else if (event.type === "waiting_for_code") {
      innermost.addEvent("waiting for a code", { "latchkey.channel": event.channel });
    } else if (event.type === "code_received") {
      innermost.addEvent("code received");
    } else if (event.type === "deferred" || event.type === "returned" || event.type === "retrying") {
      spans.run.setAttribute("latchkey.put_back", event.type);
      if (event.type === "retrying") spans.run.setAttribute("latchkey.code", event.code);
    }
  }

  function onLeft(spans: RunSpans, outcome: Outcome | undefined): void {
    endSteps(spans);
    end(spans.stage, true);
    if (outcome !== undefined) spans.run.setAttribute("latchkey.outcome", outcome.status);
    if (outcome?.status === "failed") {
      spans.run.setAttribute("latchkey.code", outcome.code);
      spans.run.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
    }
    spans.run.end();
  }

  return {
    observe(observation) {
      if (observation.type === "run_taken_up") {
        const { runId, flow } = observation;
        const run = tracer.startSpan(`run ${flow}`, {
          attributes: { "latchkey.run.id": runId, "latchkey.flow": flow },
        });
        open.set(runId, { run, stage: undefined, steps: [] });
      } else if (observation.type === "run_event") {
        const spans = open.get(observation.runId);
        if (spans !== undefined) onEvent(spans, observation.event);
      } else if (observation.type === "run_left") {
        const spans = open.get(observation.runId);
        open.delete(observation.runId);
        if (spans !== undefined) onLeft(spans, observation.outcome);
      }
    },
    logFields(): Readonly<Record<string, string>> {
      const span = trace.getActiveSpan()?.spanContext();
      return span !== undefined && isSpanContextValid(span)
        ? { trace_id: span.traceId, span_id: span.spanId }
        : {};
    },
  };
}

function end(span: Span | undefined, failed: boolean): void {
  if (failed) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}

/** What a run that was cut off left open. */
function endSteps(spans: RunSpans): void {
  for (const { span } of spans.steps.splice(0).toReversed()) end(span, true);
}
