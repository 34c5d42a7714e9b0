import type { Command } from "commander";
import { Failure, toFailure } from "../failure.ts";
import type { CliContext } from "./context.ts";
import type { Check } from "./doctor-checks.ts";
import { prose } from "./prose.ts";

/** Longest one check may take, in milliseconds. */
const checkTimeoutMs = 30_000;
const nameWidth = 9;

interface Finding {
  name: string;
  ok: boolean;
  found: string;
  /** What to do about it. */
  mend: string | null;
}

export function registerDoctor(program: Command, context: CliContext): void {
  program
    .command("doctor")
    .description(
      "check Node, settings, disk, Postgres, key, queue, flows, Chromium and providers; say how to mend each",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  $ DATABASE_URL=postgres://… npx latchkey doctor\nThe exit code is 0 if all is well.",
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const { checks } = await import("./doctor-checks.ts");
      const findings: Finding[] = [];
      for (const check of checks) {
        const finding = await examine(check, findings, context);
        findings.push(finding);
        if (!json) print(context, finding);
      }
      process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
      if (json) context.json(findings);
    });
}

async function examine(check: Check, before: Finding[], context: CliContext): Promise<Finding> {
  const { name, needs, mend } = check;
  const missing = before.find((finding) => !finding.ok && needs.includes(finding.name));
  if (missing !== undefined)
    return { name, ok: false, found: `not checked: ${missing.name} comes first`, mend: null };
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeout.reject(new Failure("internal_error", `No answer within ${checkTimeoutMs / 1_000} s.`)),
    checkTimeoutMs,
  );
  try {
    return { name, ok: true, found: await Promise.race([check.run(context), timeout.promise]), mend: null };
  } catch (error) {
    if (!(error instanceof Failure)) context.log.debug({ err: error, check: name }, "check failed");
    const { message } = toFailure(error, "internal_error", "This check could not be done.");
    return { name, ok: false, found: context.redactor.scrub(message), mend };
  } finally {
    clearTimeout(timer);
  }
}

function print(context: CliContext, { name, ok, found, mend }: Finding): void {
  const { style } = context;
  const margin = " ".repeat(nameWidth + 4);
  const shown = (text: string) => prose(context.stdout, text, margin);
  context.print(
    `${ok ? style.green("✓") : style.red("✗")} ${style.bold(name.padEnd(nameWidth))}  ${shown(found)}`,
  );
  if (mend !== null) context.print(`${margin}${style.dim(shown(mend))}`);
}
