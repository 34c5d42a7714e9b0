import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createStyle } from "../src/cli/style.ts";
import { type Application, readApplications } from "./prove/applications.ts";
import type { Check } from "./prove/check.ts";
import { explain } from "./prove/explain.ts";
import { type Ground, openGround } from "./prove/ground.ts";
import { provePoints } from "./prove/points.ts";
import {
  asMarkdown,
  type Proved,
  readResults,
  summary,
  totals,
  withEarlier,
  writeJson,
  writeMarkdown,
} from "./prove/report.ts";
import { startApplication } from "./prove/start-application.ts";

const usage = `Usage: npm run prove -- --apps DIR [--only a,b] [--port 11000] [--json FILE] [--markdown FILE]

Proves that the login engine signs in to real applications, and knows when it cannot.
DIR holds one folder per application: <name>/app.json and <name>/start.sh PORT.
  --only a,b       these applications; of the others what --json FILE holds is kept
  --port N         the first application's port; each next one's is 1,000 higher
  --json FILE      every check, with its decisions where it failed
  --markdown FILE  the table, in place of what stands between its marks there; docs/login.md unless --only is given
The exit code is 1 if anything failed.
`;

const { bold, dim, green, red } = createStyle(process.stdout);
const print = (line = "") => process.stdout.write(`${line}\n`);
const signs = { proved: green("✓"), failed: red("✗"), not_applicable: dim("–") };

interface Options {
  apps: string;
  only: string[] | undefined;
  port: number;
  json: string | undefined;
  markdown: string | undefined;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        apps: { type: "string" },
        only: { type: "string" },
        // Below the ports that systems give to outgoing connections.
        port: { type: "string", default: "11000" },
        json: { type: "string" },
        markdown: { type: "string" },
      },
    });
    const port = Number(values.port);
    if (values.apps === undefined || !Number.isInteger(port) || port < 1 || port > 64_000) return undefined;
    return {
      apps: resolve(values.apps),
      only: values.only?.split(",").filter(Boolean),
      port,
      json: values.json,
      markdown: values.markdown ?? (values.only === undefined ? "docs/login.md" : undefined),
    };
  } catch {
    return undefined;
  }
}

/** One application, from its start to its stop. */
async function proveApplication(ground: Ground, app: Application, signal: AbortSignal): Promise<Proved> {
  print(`\n${bold(app.name)}  ${dim(app.loginUrl)}`);
  const checks: Check[] = [];
  const tell = (check: Check) => {
    checks.push(check);
    const { point, way, status, note, seconds, decisions } = check;
    const took = status === "not_applicable" ? "" : `${seconds.toFixed(1)} s`;
    print(`  ${signs[status]} ${point}  ${way.padEnd(8)} ${dim(took.padStart(7))}  ${note}`);
    if (status === "failed" && decisions !== undefined) print(explain(decisions));
  };
  try {
    await using _running = await startApplication(app, { scratch: ground.scratch, signal });
    for await (const check of provePoints(ground, app, signal)) {
      // What was cut short has not failed.
      signal.throwIfAborted();
      tell(check);
    }
  } catch (error) {
    signal.throwIfAborted();
    // One that does not start, or cannot be stored, proves nothing; the others still can.
    const note = error instanceof Error ? error.message : String(error);
    tell({ point: 1, way: "command", status: "failed", note, seconds: 0 });
  }
  return { application: app.name, checks };
}

async function prove({ apps, only, port, json, markdown }: Options, signal: AbortSignal): Promise<boolean> {
  const applications = await readApplications({ dir: apps, only, port });
  await using ground = await openGround({ signal });
  const proved: Proved[] = [];
  for (const app of applications) proved.push(await proveApplication(ground, app, signal));

  const earlier = only === undefined || json === undefined ? [] : await readResults(json);
  const results = withEarlier(proved, earlier);
  const date = new Date().toISOString().slice(0, 10);
  if (json !== undefined) await writeJson(json, results, date);
  if (markdown !== undefined) await writeMarkdown(markdown, asMarkdown(results, date));
  print(`\n${asMarkdown(results, date)}`);
  const all = totals(proved);
  print(`\n${all.failed === 0 ? signs.proved : signs.failed} ${bold(summary(all))}`);
  return all.failed === 0;
}

const options = readOptions();
if (options === undefined) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => ending.abort(new Error(`Stopped by ${name}.`)));
  try {
    process.exitCode = (await prove(options, ending.signal)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${red("✗")} ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
