import { createRequire } from "node:module";
import type * as Ajv from "ajv";
import type * as Ajv2020 from "ajv/dist/2020.js";
import type AjvFormats from "ajv-formats";
import type * as CronParser from "cron-parser";
import type * as PhoneNumbers from "libphonenumber-js/max";
import type * as PinoPretty from "pino-pretty";

const require = createRequire(import.meta.url);

/**
 * Packages that are loaded when they are first needed: they are much of what every process would wait for at its start,
 * and most never look at a schema, a phone number or a time, nor write a line of log. They are loaded at once, not
 * awaited: who needs them cannot wait, and a process may end right after its one line.
 */
export const onDemand = {
  ajv: () => require("ajv") as typeof Ajv,
  ajv2020: () => require("ajv/dist/2020.js") as typeof Ajv2020,
  ajvFormats: () => require("ajv-formats") as typeof AjvFormats,
  cronParser: () => require("cron-parser") as typeof CronParser,
  phoneNumbers: () => require("libphonenumber-js/max") as typeof PhoneNumbers,
  pinoPretty: () => require("pino-pretty") as typeof PinoPretty,
};
