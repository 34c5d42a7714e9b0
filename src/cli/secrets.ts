import { text as readAll } from "node:stream/consumers";
import { isCancel, password } from "@clack/prompts";
import { Failure } from "../failure.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";

/** Where a secret comes from. Never from an argument: those are in the shell's history and the process list. */
export interface SecretSource {
  /** Name of an environment variable that holds it. */
  env?: string | undefined;
  /** What to ask for, in a terminal. */
  prompt: string;
}

/**
 * Reads one secret: from the environment variable named, else by a prompt, which a terminal is needed for.
 * @throws Failure `invalid_argument`
 */
export async function readSecret(context: CliContext, { env, prompt }: SecretSource): Promise<Secret> {
  if (env !== undefined) {
    const value = context.environment[env];
    if (value === undefined || value === "")
      throw new Failure("invalid_argument", `The environment variable ${env} is not set.`);
    return new Secret(value);
  }
  if (!context.stdin.isTTY) {
    throw new Failure(
      "invalid_argument",
      `${prompt}: there is no terminal to ask in; name an environment variable, or use --credentials-stdin.`,
    );
  }
  const answer = await password({ message: prompt, output: context.stderr });
  if (isCancel(answer)) throw new Failure("cancelled", "Nothing was stored.");
  if (answer === undefined || answer === "")
    throw new Failure("invalid_argument", `${prompt}: nothing was given.`);
  return new Secret(answer);
}

/** Secrets as one JSON object of strings on standard input: `{"password": "…", "totp": "…"}`. @throws Failure `invalid_argument` */
export async function readSecretsFromStdin(context: CliContext): Promise<Record<string, Secret>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readAll(context.stdin));
  } catch {
    // The parser's own words quote what it read.
    throw new Failure("invalid_argument", "Standard input is not JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Failure("invalid_argument", "Standard input is not a JSON object of strings.");
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => {
      if (typeof value !== "string" || value === "")
        throw new Failure("invalid_argument", `Standard input: "${name}" is not a text.`);
      return [name, new Secret(value)];
    }),
  );
}
