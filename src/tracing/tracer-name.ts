/** The instrumentation scope of our spans. */
export const tracerName = "latchkey";
