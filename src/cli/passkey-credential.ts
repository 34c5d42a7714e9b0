import { type FileHandle, open } from "node:fs/promises";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { passkeySchema } from "../identity/credentials/passkey-input.ts";
import { check } from "../identity/identity-input.ts";
import type { RevealedPasskey } from "../identity/types.ts";
import { Secret } from "../secret.ts";
import type { CliContext } from "./context.ts";

export interface PasskeyOptions {
  passkeyFile?: string;
}

/** No passkey is larger. */
const mostBytes = 100_000;

export function withPasskeyOption(command: Command): Command {
  return command.option(
    "--passkey-file <file>",
    "a passkey as Playwright's context.credentials.get() exports it: JSON, readable by you alone",
  );
}

/**
 * The passkey in the file that the option names.
 * @throws Failure `invalid_argument`, which repeats nothing of the file
 */
export async function readPasskeyFile(
  context: CliContext,
  { passkeyFile }: PasskeyOptions,
): Promise<RevealedPasskey | undefined> {
  if (passkeyFile === undefined) return undefined;
  const refuse = (fault: string, cause?: unknown) =>
    new Failure("invalid_argument", `--passkey-file: ${fault}`, { cause });
  let file: FileHandle;
  try {
    file = await open(passkeyFile);
  } catch (error) {
    throw refuse("the file cannot be opened.", error);
  }
  let text: string;
  try {
    const { mode, size } = await file.stat();
    // As ssh has it with its keys; Windows has no such bits.
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw refuse(
        "others than you may read or change the file, and it signs in: `chmod 600` it, or send it with --credentials-stdin.",
      );
    if (size > mostBytes) throw refuse("the file is no passkey: it is too large.");
    text = await file.readFile("utf8").catch((error: unknown) => {
      throw refuse("the file cannot be read.", error);
    });
  } finally {
    await file.close();
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own words quote what it read.
    throw refuse("the file is not JSON.");
  }
  // The export is a list; of one.
  const [exported, ...more] = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  if (more.length > 0) throw refuse("the file holds several passkeys: leave one in it.");
  if (typeof exported !== "object" || exported === null) throw refuse("the file holds no passkey.");
  return passkeyFrom(context, { ...exported });
}

/** A passkey as an object of JSON. @throws Failure `invalid_argument`, which repeats none of its values */
export function passkeyFrom(
  { redactor }: CliContext,
  { privateKey, type: _type, ...rest }: Record<string, unknown>,
): RevealedPasskey {
  if (typeof privateKey !== "string" || privateKey === "")
    throw new Failure(
      "invalid_argument",
      "A passkey has an rpId, an id, a userHandle, a privateKey and a publicKey.",
    );
  const secret = new Secret(privateKey);
  redactor.add(secret);
  const { type: _, ...passkey } = check(passkeySchema, "passkey", {
    ...rest,
    privateKey: secret,
    type: "passkey",
  });
  return passkey;
}
