import type { Command } from "commander";
import { rotateKeys } from "../../identity/sealing/rotate-keys.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../format.ts";

export function registerRotate(group: Command, context: CliContext): void {
  group
    .command("rotate")
    .description(
      "make a new master key, or take the one you set, and re-wrap every identity's data key, while workers run",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
With the embedded database and no LATCHKEY_MASTER_KEY the key is a file of the
data folder: a new one is made and put before the old, and workers that run read
it again when they need it.

Where the key is a setting:
1. Make a key:
  $ openssl rand -base64 32
2. Start every process with it as LATCHKEY_MASTER_KEY, and with the old one in
   LATCHKEY_PREVIOUS_MASTER_KEYS.
3. Re-wrap:
  $ npx latchkey keys rotate
4. Drop the old key from LATCHKEY_PREVIOUS_MASTER_KEYS.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { database, keyring } = await context.parts.store();
      await keyring.renew();
      const counts = await rotateKeys({
        db: database,
        keyring,
        log: context.log,
        actor: { name: context.actor },
      });
      if (counts.unavailable > 0) process.exitCode = 1;
      if (json === true) return context.json(counts);
      const { style } = context;
      const { rotated, current, unavailable } = counts;
      context.print(
        `${style.green("✓")} ${counted(rotated, "identity", "identities")} re-wrapped under key ${keyring.currentKeyId}, ${current.toLocaleString("en")} under it already`,
      );
      if (unavailable > 0) {
        context.print(
          `${style.red("✗")} ${counted(unavailable, "record")} sealed under a key this process does not have: add it to LATCHKEY_PREVIOUS_MASTER_KEYS`,
        );
      }
    });
}
