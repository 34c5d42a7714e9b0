import { type Download, errors, type Locator, type Page } from "playwright-core";
import type { Artifacts } from "../artifacts.ts";
import { Failure, toFailure } from "../failure.ts";
import type { Artifact } from "../outcome.ts";
import type { Redactor } from "../redact.ts";
import type { FlowFiles, StoredFile } from "./flow-files.ts";
import { readDownload } from "./read-download.ts";
import { takeScreenshot } from "./take-screenshot.ts";

export interface FlowFilesOptions {
  artifacts: Artifacts;
  runId: string;
  redactor: Redactor;
  /** Told of each file once it is stored. */
  onArtifact: (artifact: Artifact) => void;
  signal?: AbortSignal;
}

const screenshotMs = 15_000;

/** The files of one run: whatever a flow stores through it becomes an artifact of the run. */
export function createFlowFiles({
  artifacts,
  runId,
  redactor,
  onArtifact,
  signal,
}: FlowFilesOptions): FlowFiles {
  const keep = async (...[name, content, options]: PutArguments): Promise<StoredFile> => {
    const artifact = await artifacts.put(runId, name, content, { ...options, signal });
    onArtifact(artifact);
    return { name: artifact.name, bytes: artifact.bytes, contentType: artifact.contentType };
  };

  const save: FlowFiles["save"] = async (download, { name } = {}) => {
    try {
      const stream = await readDownload(download);
      return await keep(name ?? download.suggestedFilename(), stream, { kind: "download" });
    } catch (error) {
      signal?.throwIfAborted();
      throw toFailure(error, "flow_failed", "The download was cancelled or cut short.");
    } finally {
      // The browser's own copy would stay until the session ends.
      await download.delete().catch(() => undefined);
    }
  };

  return {
    save,

    async download(page, start, options) {
      const [download] = await Promise.all([
        waitForDownload(page),
        typeof start === "function" ? start() : start.click(),
      ]);
      return save(download, options);
    },

    put: (name, content, contentType) => keep(name, content, { kind: "file", contentType }),

    async screenshot(page, { name = "screenshot.png", fullPage = false } = {}) {
      const png = await takeScreenshot({ page, redactor, fullPage, withinMs: screenshotMs });
      if (png === undefined) throw new Failure("flow_failed", "The page gave no screenshot.");
      const named = /\.png$/i.test(name) ? name : `${name}.png`;
      return keep(named, png, { kind: "screenshot", contentType: "image/png" });
    },

    async upload(input: Locator, files) {
      await input.setInputFiles(
        files.map(({ name, content, contentType = "application/octet-stream" }) => ({
          name,
          mimeType: contentType,
          buffer: Buffer.from(content),
        })),
      );
    },
  };
}

type PutArguments = [
  name: string,
  content: Parameters<Artifacts["put"]>[2],
  options: { kind: Artifact["kind"]; contentType?: string | undefined },
];

/** The next download of the page or of a tab it opened, for links that open in one. */
async function waitForDownload(page: Page): Promise<Download> {
  const isOfPage = async (download: Download) =>
    download.page() === page || (await download.page().opener()) === page;
  return page
    .context()
    .waitForEvent("download", isOfPage)
    .catch((error: unknown) => {
      if (error instanceof errors.TimeoutError)
        throw new Failure("flow_timed_out", "No download began in time.", { cause: error });
      throw error;
    });
}
