import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

// Preloaded with `node --import`: the URL of each module that the process loads, a line each, in the file named.
const file = process.env["REPORT_MODULES"];
registerHooks({
  load(url, context, next) {
    if (file !== undefined) appendFileSync(file, `${url}\n`);
    return next(url, context);
  },
});
