import { argon2, createHmac } from "node:crypto";
import { promisify } from "node:util";
import { Failure } from "../../../failure.ts";
import type { Keyring } from "../../../identity/sealing/keyring.ts";
import type { Secret } from "../../../secret.ts";
import { inTurns } from "./in-turns.ts";

/** Tells a password that is kept to be typed as Kratos would have kept it. */
export interface PasswordHashes {
  /**
   * In PHC's form; the same each time, until the credentials or the master key change. Few are made at a time, and none
   * for a client that has gone.
   * @throws Failure `cancelled` when the signal is aborted
   */
  of(
    identity: { id: string; credentialsVersion: number },
    password: Secret,
    signal?: AbortSignal,
  ): Promise<string>;
  /**
   * What a hash that a client sends is: of the very `password` that is stored, made here of one that the identity had
   * before, or somebody else's.
   */
  origin(
    hash: string,
    identity: { id: string; password: Secret | undefined },
  ): Promise<"present" | "former" | "elsewhere">;
}

const purpose = "shown password hashes";
/** OWASP's recommendation for argon2id: 19 MiB, two passes. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const begin = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$`;
const saltBytes = 16;
const markBytes = 8;
const hashBytes = 32;
/** Node's pool of threads is four: files and names are looked up in it, too. */
const mostAtOnce = 2;
/** How many are remembered: some lists of the longest there are. */
const mostRemembered = 5_000;

const argon = promisify(argon2);

/**
 * Under salts made from the master key: nobody else can make them beforehand. Their second half is made from the first,
 * by which a salt of this server's is known again.
 */
export function createPasswordHashes({ keyring }: { keyring: Pick<Keyring, "derive"> }): PasswordHashes {
  const inTurn = inTurns(mostAtOnce);
  /** By the key's id, the identity's and its version; the one that was not asked for longest comes first. */
  const remembered = new Map<string, string>();

  function markOf(...parts: readonly (string | number)[]): Buffer {
    const { key } = current();
    return createHmac("sha256", key).update(JSON.stringify(parts)).digest().subarray(0, markBytes);
  }

  function current(): { keyId: string; key: Buffer } {
    const derived = keyring.derive(purpose);
    if (derived === undefined) throw new TypeError("The keyring has no current key.");
    return derived;
  }

  return {
    async of({ id, credentialsVersion }, password, signal) {
      const name = JSON.stringify([current().keyId, id, credentialsVersion]);
      const recall = () => {
        const known = remembered.get(name);
        if (known === undefined) return undefined;
        remembered.delete(name);
        remembered.set(name, known);
        return known;
      };
      return (
        recall() ??
        (await inTurn(async () => {
          if (signal?.aborted === true) throw new Failure("cancelled", "The client has gone.");
          // Somebody else who asked for it had the turn before.
          const known = recall();
          if (known !== undefined) return known;
          const mark = markOf(id, credentialsVersion);
          const made = await hashOf(password, Buffer.concat([mark, markOf(id, mark.toString("hex"))]));
          remembered.set(name, made);
          const [oldest] = remembered.keys();
          if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
          return made;
        }))
      );
    },

    async origin(hash, { id, password }) {
      const salt = saltOf(hash);
      if (salt === undefined) return "elsewhere";
      if (password !== undefined && hash === (await inTurn(() => hashOf(password, salt)))) return "present";
      const isOwn = salt.subarray(markBytes).equals(markOf(id, salt.subarray(0, markBytes).toString("hex")));
      return isOwn ? "former" : "elsewhere";
    },
  };
}

async function hashOf(password: Secret, nonce: Buffer): Promise<string> {
  const made = await argon("argon2id", {
    ...cost,
    message: password.reveal(),
    nonce,
    tagLength: hashBytes,
  });
  return `${begin}${phc(nonce)}$${phc(made)}`;
}

/** Of a hash as they are made here. */
function saltOf(hash: string): Buffer | undefined {
  const [text = "", made = "", ...more] = hash.startsWith(begin) ? hash.slice(begin.length).split("$") : [];
  const salt = Buffer.from(text, "base64");
  const isOne = more.length === 0 && salt.length === saltBytes && phc(salt) === text && made !== "";
  return isOne ? salt : undefined;
}

const phc = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
