import { describeSettings } from "./describe-setting.ts";

/** docs/settings.md. */
export function settingsPage(): string {
  const rows = describeSettings().map(({ env, doc, default: value, choices, secret }) => {
    const allowed =
      choices.length === 0 ? "" : ` One of ${choices.map((choice) => `\`${choice}\``).join(", ")}.`;
    return `| \`${env}\` | ${value} | ${doc}${allowed}${secret ? " **Secret.**" : ""} |`;
  });
  return `<!-- Written by scripts/generate-docs.ts from the table in src/config.ts: change it there. -->

# Settings

All settings are environment variables, read once at start. An empty variable counts as unset. What cannot be used is
reported all at once, by name and never by value, and nothing starts. \`latchkey doctor\` tries what they lead to.

| variable | default | what it does |
|---|---|---|
${rows.join("\n")}

Settings marked **Secret** may hold a password or a key: they are never logged or printed. Times are in milliseconds.

\`.env.example\` lists the same variables in the form that \`compose.yaml\` reads. To use such a file without compose:

\`\`\`sh
set -a; . ./.env; set +a
npx latchkey doctor
\`\`\`
`;
}
