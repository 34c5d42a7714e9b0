import { createRequire } from "node:module";
import type * as Ajv from "ajv";
import type * as Ajv2020 from "ajv/dist/2020.js";
import type AjvFormats from "ajv-formats";
import type * as PhoneNumbers from "libphonenumber-js/max";

const require = createRequire(import.meta.url);

/**
 * Packages that are loaded when they are first needed: they are a fifth of what every process would wait for at its
 * start, and most never look at a schema or a phone number.
 */
export const onDemand = {
  ajv: () => require("ajv") as typeof Ajv,
  ajv2020: () => require("ajv/dist/2020.js") as typeof Ajv2020,
  ajvFormats: () => require("ajv-formats") as typeof AjvFormats,
  phoneNumbers: () => require("libphonenumber-js/max") as typeof PhoneNumbers,
};
