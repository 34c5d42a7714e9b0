import { createHmac, timingSafeEqual } from "node:crypto";
import type { Keyring } from "../../identity/sealing/keyring.ts";

/** A file of a run. */
export interface ArtifactName {
  runId: string;
  name: string;
}

/** What a signed link adds to a file's path. */
export interface Signed {
  /** Epoch seconds. */
  expires: number;
  signature: string;
}

/** Makes and checks links to runs' files that need no key until they expire. */
export interface ArtifactLinks {
  /** The file's path on the server, signed. */
  pathOf(artifact: ArtifactName): string;
  /** Whether the server signed this, and it has not expired. */
  isGood(artifact: ArtifactName, signed: Signed): boolean;
}

const purpose = "artifact links";

/** Links signed under a key made from the master key: good on every server, and until they expire after a rotation too. */
export function createArtifactLinks({
  keyring,
  lifeMs,
}: {
  keyring: Pick<Keyring, "derive">;
  lifeMs: number;
}): ArtifactLinks {
  const derived = new Map<string, Buffer>();

  function keyOf(keyId: string): Buffer | undefined {
    const known = derived.get(keyId);
    if (known !== undefined) return known;
    const key = keyring.derive(purpose, keyId)?.key;
    if (key !== undefined) derived.set(keyId, key);
    return key;
  }

  return {
    pathOf({ runId, name }) {
      const expires = Math.floor((Date.now() + lifeMs) / 1_000);
      const { keyId = "", key } = keyring.derive(purpose) ?? {};
      if (key === undefined) throw new TypeError("The keyring has no current key.");
      const signature = `${keyId}.${macOf(key, { runId, name, expires }).toString("base64url")}`;
      const query = new URLSearchParams({ expires: String(expires), signature });
      return `/v1/runs/${runId}/artifacts/${encodeURIComponent(name)}?${query.toString()}`;
    },

    isGood({ runId, name }, { expires, signature }) {
      const groups = /^(?<keyId>[0-9a-f]{12})\.(?<mac>[\w-]{43})$/.exec(signature)?.groups;
      const key = groups?.["keyId"] === undefined ? undefined : keyOf(groups["keyId"]);
      if (key === undefined || groups?.["mac"] === undefined) return false;
      const given = Buffer.from(groups["mac"], "base64url");
      return timingSafeEqual(given, macOf(key, { runId, name, expires })) && expires * 1_000 > Date.now();
    },
  };
}

function macOf(key: Buffer, { runId, name, expires }: ArtifactName & { expires: number }): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([runId, name, expires]))
    .digest();
}
