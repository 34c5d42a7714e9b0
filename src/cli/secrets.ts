import { text as readAll } from "node:stream/consumers";
import { isCancel, password } from "@clack/prompts";
import { Failure } from "../failure.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";

/** Where a secret comes from. Never from an argument: those are in the shell's history and the process list. */
export interface SecretSource {
  /** Name of an environment variable that holds it. */
  env: string | undefined;
  /** The option that gives that name. */
  option: string;
  /** What to ask for, in a terminal. */
  prompt: string;
}

/**
 * Reads one secret: from the environment variable named, else by a prompt, which a terminal is needed for.
 * @throws Failure `invalid_argument`; `cancelled` when the prompt is left
 */
export async function readSecret(context: CliContext, source: SecretSource): Promise<Secret> {
  const secret = new Secret(
    source.env === undefined ? await ask(context, source) : variable(context, source),
  );
  context.redactor.add(secret);
  return secret;
}

/** The name is not repeated in the failure: somebody may have given the password itself. */
function variable({ environment }: CliContext, { env = "", option }: SecretSource): string {
  const value = environment[env] ?? "";
  if (value !== "") return value;
  throw new Failure(
    "invalid_argument",
    `${option}: there is no environment variable of that name, or it is empty.`,
  );
}

async function ask({ stdin, stderr }: CliContext, { prompt, option }: SecretSource): Promise<string> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new Failure(
      "invalid_argument",
      `${prompt}: there is no terminal to ask in. Name an environment variable with ${option}, or use --credentials-stdin.`,
    );
  }
  const answer = await password({
    message: prompt,
    output: stderr,
    validate: (given) => (given === undefined || given === "" ? "Nothing was typed." : undefined),
  });
  if (isCancel(answer)) throw new Failure("cancelled", "Nothing was done.");
  return answer;
}

/** What standard input held. */
export interface SecretsRead {
  secrets: Record<string, Secret>;
  /** The values of the keys that may hold an object, as they are: whoever reads them makes secrets of them. */
  objects: Record<string, Record<string, unknown>>;
}

/**
 * Secrets as one JSON object of strings on standard input: `{"password": "…", "totp": "…"}`; under the keys in
 * `objects` stands an object.
 * @throws Failure `invalid_argument`
 */
export async function readSecretsFromStdin(
  { stdin, redactor }: CliContext,
  { objects: mayBeObjects = [] }: { objects?: readonly string[] } = {},
): Promise<SecretsRead> {
  // What is typed into a terminal can be read over a shoulder.
  if (stdin.isTTY)
    throw new Failure("invalid_argument", "--credentials-stdin: send a file or a pipe to standard input.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readAll(stdin));
  } catch {
    // The parser's own words quote what it read.
    throw new Failure("invalid_argument", "Standard input is not JSON.");
  }
  if (!isObject(parsed))
    throw new Failure("invalid_argument", "Standard input is not a JSON object of strings.");

  const secrets: Record<string, Secret> = {};
  const objects: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (mayBeObjects.includes(name)) {
      if (!isObject(value))
        throw new Failure("invalid_argument", `Standard input: ${name} is not an object.`);
      objects[name] = value;
      continue;
    }
    if (typeof value !== "string" || value === "")
      throw new Failure("invalid_argument", "Standard input: each value must be a text that is not empty.");
    const secret = new Secret(value);
    if (name !== "username") redactor.add(secret);
    secrets[name] = secret;
  }
  return { secrets, objects };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
