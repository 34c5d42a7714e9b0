import { createInterface } from "node:readline";
import { PassThrough, pipeline, Readable } from "node:stream";
import * as yauzl from "yauzl";
import { ZipFile } from "yazl";
import { createRedactor, type Redactor } from "../redact.ts";
import { Secret } from "../secret.ts";
import { noteTraceContents, scrubTraceLine, type TraceContents } from "./scrub-trace-line.ts";
import { scrubTraceText } from "./scrub-trace-text.ts";

const isRecord = (name: string) => /\.(trace|network|stacks)$/.test(name);

/**
 * The trace without what it must not hold, as a zip stream. Read twice: first for the cookies and tokens that were
 * sent, which then are taken out wherever else they stand. Memory holds one file at a time, and no whole record.
 */
export async function scrubTrace({
  zipPath,
  redactor,
}: {
  zipPath: string;
  redactor: Redactor;
}): Promise<Readable> {
  const contents = await readContents(zipPath);
  const sent = createRedactor();
  for (const value of contents.values) sent.add(new Secret(value));
  const scrub = (text: string) => sent.scrub(redactor.scrub(text));

  const zip = new ZipFile();
  const output = new PassThrough();
  zip.outputStream.pipe(output);
  zip.on("error", (error) => output.destroy(error instanceof Error ? error : undefined));
  void fill({ zip, zipPath, contents, scrub }).catch((error: unknown) => {
    output.destroy(error instanceof Error ? error : new Error("The trace could not be read."));
  });
  return output;
}

async function readContents(zipPath: string): Promise<TraceContents> {
  const contents: TraceContents = { values: new Set(), pictures: new Set() };
  const zip = await yauzl.openPromise(zipPath);
  for await (const entry of zip.eachEntry()) {
    if (!isRecord(entry.fileName)) continue;
    for await (const line of lines(await zip.openReadStreamPromise(entry))) noteTraceContents(line, contents);
  }
  return contents;
}

async function fill({
  zip,
  zipPath,
  contents,
  scrub,
}: {
  zip: ZipFile;
  zipPath: string;
  contents: TraceContents;
  scrub: (text: string) => string;
}): Promise<void> {
  const source = await yauzl.openPromise(zipPath);
  for await (const entry of source.eachEntry()) {
    const name = entry.fileName;
    if (!isRecord(name) && !contents.pictures.has(name)) continue;
    const stream = await source.openReadStreamPromise(entry);
    const options = { mtime: entry.getLastModDate() };
    if (isRecord(name)) {
      const scrubbed = Readable.from(scrubbedLines(stream, scrub));
      zip.addReadStream(scrubbed, name, options);
      await ended(scrubbed);
    } else {
      zip.addBuffer(scrubTraceText(name, await buffer(stream), scrub), name, options);
    }
  }
  zip.end();
}

async function* scrubbedLines(stream: Readable, scrub: (text: string) => string): AsyncGenerator<string> {
  for await (const line of lines(stream)) yield `${scrub(scrubTraceLine(line))}\n`;
}

async function* lines(stream: Readable): AsyncGenerator<string> {
  // readline does not hand on the errors of its input.
  const input = pipeline(stream, new PassThrough(), () => undefined);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== "") yield line;
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("close", resolve);
    stream.once("error", reject);
  });
}

async function buffer(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
