import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../../failure.ts";
import { sourceName } from "../../job/catalogue/catalogue.ts";
import { headedVariable } from "../../testing/headed-variable.ts";
import type { CliContext } from "../context.ts";
import { checkDisplay } from "../display.ts";

interface TestOptions {
  headed?: boolean;
  watch?: boolean;
}

export function registerFlowsTest(flows: Command, context: CliContext): void {
  flows
    .command("test")
    .description("run the flows' own tests, <site>/<flow>.test.ts")
    .argument("[name]", "one flow, or one site")
    .option("--headed", "show the browser")
    .option("--watch", "run them again when they, or what they import, are saved")
    .addHelpText(
      "after",
      `
Examples:
  $ npx latchkey flows test
  $ npx latchkey flows test acme/invoice --watch
The exit code is 0 if all passed. docs/debugging.md shows how to write one.`,
    )
    .action(async (name: string | undefined, { headed = false, watch = false }: TestOptions) => {
      if (headed) checkDisplay(context);
      const files = await testFiles(context.config.flowsDir, name);
      const child = spawn(
        process.execPath,
        ["--test", "--test-reporter=spec", ...(watch ? ["--watch"] : []), ...files],
        { stdio: "inherit", env: { ...context.environment, ...(headed ? { [headedVariable]: "1" } : {}) } },
      );
      // Ctrl-C is the tests': they end, and this process with them.
      const ignore = () => {};
      process.on("SIGINT", ignore);
      await once(child, "close");
      process.off("SIGINT", ignore);
      process.exitCode = child.exitCode ?? 1;
    });
}

/** @throws Failure `unknown_flow` where there is no test */
async function testFiles(flowsDir: string, name: string | undefined): Promise<string[]> {
  const parts = name?.split("/") ?? [];
  if (parts.length > 2 || parts.some((part) => !sourceName.test(part)))
    throw new Failure("unknown_flow", `There is no flow or site "${name}".`);
  const [site = "*", flow] = parts;
  const pattern =
    flow === undefined ? `${site}/**/*.test.{ts,mts,js,mjs}` : `${site}/${flow}.test.{ts,mts,js,mjs}`;
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: flowsDir, exclude: ["**/node_modules/**"] }))
    files.push(join(flowsDir, file));
  if (files.length > 0) return files.sort();
  throw new Failure(
    "unknown_flow",
    `There is no test of ${name === undefined ? "a flow" : `"${name}"`}: tests are ${join(flowsDir, site === "*" ? "<site>" : site, `${flow ?? "<flow>"}.test.ts`)}.`,
  );
}
