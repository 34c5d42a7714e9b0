import { context, propagation } from "@opentelemetry/api";

/** The active trace in the form in which BullMQ carries it with a job; undefined where nothing is traced. */
export function traceContext(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return "traceparent" in carrier ? JSON.stringify(carrier) : undefined;
}
