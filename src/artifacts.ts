import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { DriverContract } from "flydrive/types";
import { Failure } from "./failure.ts";
import { safeFileName, withNumber } from "./file-name.ts";
import type { Artifact } from "./outcome.ts";

export interface PutOptions {
  kind: Artifact["kind"];
  /** Told by the name's ending unless given. */
  contentType?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface StoredArtifact {
  stream: Readable;
  bytes: number;
  contentType: string;
}

/** Where runs leave their files. */
export interface Artifacts {
  /**
   * Stores a file of a run under a name made safe and unique within the run. A stream is never held in memory.
   * @throws Failure `artifact_failed`; nothing half-written stays.
   */
  put(
    runId: string,
    name: string,
    content: Uint8Array | string | Readable,
    options: PutOptions,
  ): Promise<Artifact>;
  /** @throws Failure `not_found` */
  read(runId: string, name: string): Promise<StoredArtifact>;
  /** Names, sorted. */
  list(runId: string): Promise<string[]>;
  /** Removes one file, or all of the run's when no name is given. Quiet when there is nothing. */
  remove(runId: string, name?: string): Promise<void>;
  /** Where the file is on this machine's disk; undefined when the store is elsewhere. */
  path(runId: string, name: string): string | undefined;
}

export interface ArtifactsOptions {
  /** Folder that holds one folder per run; made, readable by its owner only, with the first file. */
  dir: string;
}

/** Artifacts in a local folder. */
export function createArtifacts({ dir }: ArtifactsOptions): Artifacts {
  let driver: Promise<DriverContract> | undefined;
  return createArtifactStore({
    openDriver: () => (driver ??= folderDriver(dir)),
    prepare: async () => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
    },
    path: (key) => join(dir, key),
  });
}

/** Loaded with the first file: it takes long, and most processes neither write nor read one. */
async function folderDriver(dir: string): Promise<DriverContract> {
  const [{ KeyNormalizer }, { FSDriver }] = await Promise.all([
    import("flydrive"),
    import("flydrive/drivers/fs"),
  ]);
  // Flydrive's own way to allow more than ASCII in keys; what may not be in them, `safeFileName` has taken out.
  KeyNormalizer.allowedCharacterSet = /^[^\p{Cc}<>:"|?*\\]*$/u;
  return new FSDriver({ location: dir, visibility: "private" });
}

const fallbackContentType = "application/octet-stream";

/** Artifacts on any flydrive driver: a folder, S3 and its like. */
function createArtifactStore({
  openDriver,
  prepare = async () => {},
  path = () => undefined,
}: {
  openDriver: () => Promise<DriverContract>;
  prepare?: () => Promise<void>;
  path?: (key: string) => string | undefined;
}): Artifacts {
  /** Keys being written now: the driver does not know them yet. */
  const reserved = new Set<string>();

  const reserve = async (driver: DriverContract, runId: string, wanted: string): Promise<string> => {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : withNumber(wanted, number);
      const key = keyOf(runId, name);
      if (reserved.has(key)) continue;
      reserved.add(key);
      try {
        if (!(await driver.exists(key))) return name;
      } catch (error) {
        reserved.delete(key);
        throw error;
      }
      reserved.delete(key);
    }
  };

  return {
    async put(runId, name, content, { kind, contentType, signal }) {
      const wanted = safeFileName(name);
      const driver = await openDriver();
      let key: string | undefined;
      try {
        await prepare();
        const unique = await reserve(driver, runId, wanted);
        key = keyOf(runId, unique);
        const options = { ...(contentType === undefined ? {} : { contentType }), signal };
        if (content instanceof Readable) await driver.putStream(key, content, options);
        else await driver.put(key, content, options);
        const stored = await driver.getMetaData(key);
        return {
          name: unique,
          kind,
          contentType: contentType ?? stored.contentType ?? fallbackContentType,
          bytes: stored.contentLength,
        };
      } catch (error) {
        if (content instanceof Readable) content.destroy();
        if (key !== undefined) await driver.delete(key).catch(() => undefined);
        if (error instanceof Failure) throw error;
        signal?.throwIfAborted();
        throw new Failure("artifact_failed", `The file "${wanted}" could not be stored${reasonOf(error)}.`, {
          cause: error,
        });
      } finally {
        if (key !== undefined) reserved.delete(key);
      }
    },

    async read(runId, name) {
      const key = existingKey(runId, name);
      const driver = await openDriver();
      try {
        const { contentLength, contentType } = await driver.getMetaData(key);
        const stream = await driver.getStream(key);
        return { stream, bytes: contentLength, contentType: contentType ?? fallbackContentType };
      } catch (error) {
        throw new Failure("not_found", `The run has no file "${safeFileName(name)}".`, { cause: error });
      }
    },

    async list(runId) {
      const folder = checkedRunId(runId);
      const { objects } = await (await openDriver()).listAll(folder);
      return [...objects]
        .filter((object) => object.isFile)
        .map((object) => object.name)
        .sort();
    },

    async remove(runId, name) {
      const key = name === undefined ? checkedRunId(runId) : existingKey(runId, name);
      const driver = await openDriver();
      await (name === undefined ? driver.deleteAll(key) : driver.delete(key));
    },

    path: (runId, name) => path(existingKey(runId, name)),
  };
}

function keyOf(runId: string, name: string): string {
  return `${checkedRunId(runId)}/${name}`;
}

/** A name is as `put` gave it or it is nobody's: `../x` leads nowhere. */
function existingKey(runId: string, name: string): string {
  if (safeFileName(name) !== name) throw new Failure("not_found", "The run has no file of that name.");
  return keyOf(runId, name);
}

function checkedRunId(runId: string): string {
  if (/^[A-Za-z0-9_-]{1,100}$/.test(runId)) return runId;
  throw new Failure("invalid_argument", "A run id holds letters, digits, - and _ only.");
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return ": no space is left";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return ": the folder is not writable";
    default:
      return "";
  }
}
