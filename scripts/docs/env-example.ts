import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeSettings } from "./describe-setting.ts";

/** .env.example. */
export function envExample(): string {
  const compose = readFileSync(join(import.meta.dirname, "../../compose.yaml"), "utf8");
  const blocks = describeSettings()
    .filter(({ env }) => env !== "LATCHKEY_MASTER_KEY")
    .map(({ env, doc, default: fallback, value, choices }) => {
      const allowed = choices.length === 0 ? "" : ` One of ${choices.join(", ")}.`;
      const unset = value === undefined ? ` Unset: ${fallback}.` : "";
      const fixed = new RegExp(`^ +${env}: `, "m").test(compose) ? " compose.yaml sets it." : "";
      return `# ${`${doc}${allowed}${unset}${fixed}`.replaceAll("`", "")}\n#${env}=${value ?? ""}\n`;
    });
  return `# Written by scripts/generate-docs.ts from the table in src/config.ts: change it there.
#
# For compose.yaml: cp .env.example .env, then fill in these two. Keep .env to yourself (chmod 600 .env).

# Password of the bundled Postgres; letters and digits only, for it becomes part of a URL: openssl rand -hex 24
POSTGRES_PASSWORD=

# Key that wraps the identities' data keys: openssl rand -base64 32
# Without it the stored credentials cannot be opened again: keep a copy apart from the database's backups.
LATCHKEY_MASTER_KEY=

# Everything below is optional and shows its default.

${blocks.join("\n")}`;
}
