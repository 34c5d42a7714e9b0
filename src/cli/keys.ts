import type { Command } from "commander";
import { green } from "yoctocolors";
import { rotateKeys } from "../identity/rotate-keys.ts";
import type { CliContext } from "./context.ts";

export function registerKeys(program: Command, context: CliContext): void {
  const group = program.command("keys").description("the master key that seals identities");
  group
    .command("rotate")
    .description("re-wrap every identity's data key under the current master key, while workers run")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
1. Make a key:               openssl rand -base64 32
2. Start every process with it as LATCHKEY_MASTER_KEY, and the old one in LATCHKEY_PREVIOUS_MASTER_KEYS.
3. npx latchkey keys rotate
4. Drop the old key from LATCHKEY_PREVIOUS_MASTER_KEYS.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { database, keyring } = await context.parts.store();
      const counts = await rotateKeys({
        db: database,
        keyring,
        log: context.log,
        actor: { name: context.actor },
      });
      if (json === true) return context.json(counts);
      context.print(`${green("✓")} ${counts.rotated} records re-wrapped under key ${keyring.currentKeyId}.`);
      if (counts.unavailable > 0) {
        process.exitCode = 1;
        context.print(`${counts.unavailable} records are sealed under a key this process does not have.`);
      }
    });
}
