import type { Command } from "commander";
import type { ApplicationPatch } from "../../identity/applications/application-input.ts";
import { presets } from "../../identity/traits/ruleset.ts";
import { type Json, parseCount, parseJsonFile } from "../parse.ts";

/** Said of what there is none of. The parser of options takes no null. */
const none = "none";

/** What `add` and `update` take. */
export interface ApplicationOptions {
  url?: string;
  description?: string;
  allowedDomain?: string[];
  maxSessions?: number | typeof none;
  callbackUrl?: string[];
  frameOrigin?: string[];
  schema?: Json;
  ruleset?: Json;
  json?: boolean;
}

const mostSessions = 1_000;

export const optionsHelp = `
A schema is a Kratos identity schema, as JSON: what is known of a person, and
by what of it they are known. preset://email and preset://username are built
in. A ruleset is a JSON list of factors; a schema follows from it, as it
follows from a schema:
  [{"name": "email", "type": "email", "identifier": true, "persistent": true},
   {"name": "totp", "type": "totp", "identifier": false, "persistent": true}]
docs/identities.md has more of both.`;

export function withApplicationOptions(command: Command): Command {
  return command
    .option("--url <url>", "the page a signed-in user lands on; none: a site is named later")
    .option("--description <text>", "for people")
    .option("--allowed-domain <domain...>", "beyond the site's own, where credentials may be typed; or none")
    .option("--max-sessions <n>", "sessions one identity may hold at once; or none", (text) =>
      text === none ? none : parseCount(mostSessions)(text),
    )
    .option("--callback-url <url...>", "where its connect page may send visitors back to; none: any https")
    .option("--frame-origin <origin...>", "who may show its connect page in a frame; or none")
    .option(
      "--schema <file>",
      "of its identities' traits: a file, - for standard input, a preset, or none",
      readSchema,
    )
    .option("--ruleset <file>", "of factors: a file, - for standard input, or none", readRuleset)
    .option("--json", "print JSON");
}

/** The options in the application's own terms; what was not given is left out. */
export function fieldsOf(options: ApplicationOptions): ApplicationPatch {
  const { url, description, allowedDomain, maxSessions, callbackUrl, frameOrigin, schema, ruleset } = options;
  return {
    ...(url === undefined ? {} : { url: orNull(url) }),
    ...(description === undefined ? {} : { description: description === "" ? null : description }),
    ...(allowedDomain === undefined ? {} : { allowedDomains: listOf(allowedDomain) }),
    ...(maxSessions === undefined ? {} : { maxSessions: orNull(maxSessions) }),
    ...(callbackUrl === undefined ? {} : { callbackUrls: listOf(callbackUrl) }),
    ...(frameOrigin === undefined ? {} : { frameOrigins: listOf(frameOrigin) }),
    // What they hold is checked where they are stored.
    ...(schema === undefined ? {} : { traitsSchema: orNull(schema) as ApplicationPatch["traitsSchema"] }),
    ...(ruleset === undefined ? {} : { ruleset: orNull(ruleset) as ApplicationPatch["ruleset"] }),
  };
}

function readSchema(text: string): Json {
  if (Object.hasOwn(presets, text)) return presets[text as keyof typeof presets] as Json;
  return text === none ? none : parseJsonFile(text);
}

const readRuleset = (text: string) => (text === none ? none : parseJsonFile(text));
const listOf = (words: string[]) => (words.length === 1 && words[0] === none ? [] : words);

function orNull<T>(value: T): Exclude<T, typeof none> | null {
  return value === none ? null : (value as Exclude<T, typeof none>);
}
