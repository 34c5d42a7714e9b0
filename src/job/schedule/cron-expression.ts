import { createRequire } from "node:module";
import type * as CronParser from "cron-parser";

const require = createRequire(import.meta.url);

/**
 * A cron expression, parsed. The parser is loaded with the first one: most processes open the schedules and never
 * look at a time. @throws Error where it is none
 */
export function cronExpression(
  text: string,
  options: CronParser.CronExpressionOptions,
): CronParser.CronExpression {
  const { CronExpressionParser } = require("cron-parser") as typeof CronParser;
  return CronExpressionParser.parse(text, options);
}
