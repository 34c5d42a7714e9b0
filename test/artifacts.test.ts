import { mkdir, mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Artifacts, createArtifacts } from "../src/artifacts.ts";

let dir: string;
let artifacts: Artifacts;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  artifacts = createArtifacts({ dir: join(dir, "artifacts") });
});

afterEach(() => rm(dir, { recursive: true, force: true }));

const file = { kind: "file" } as const;

test("what is put can be read back, with its size and a type told by its name", async () => {
  const artifact = await artifacts.put("run-1", "r\u00e9sum\u00e9.pdf", "content", { kind: "download" });
  expect(artifact).toEqual({
    name: "résumé.pdf",
    kind: "download",
    contentType: "application/pdf",
    bytes: 7,
  });
  const { stream, ...stored } = await artifacts.read("run-1", artifact.name);
  expect(await text(stream)).toBe("content");
  expect(stored).toEqual({ bytes: 7, contentType: "application/pdf" });
  expect(artifacts.path("run-1", artifact.name)).toBe(join(dir, "artifacts/run-1/résumé.pdf"));
});

test("files of one name are kept apart, those written at the same time too", async () => {
  const put = (content: string) => artifacts.put("run-1", "report.pdf", content, file);
  const names = (await Promise.all([put("1"), put("2"), put("3")])).map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(["report.pdf", "report (2).pdf", "report (3).pdf"]));
  expect((await put("4")).name).toBe("report (4).pdf");
  expect(await artifacts.list("run-1")).toHaveLength(4);
});

test("a stream is written as it comes", async () => {
  let read = 0;
  const stream = Readable.from(
    (function* () {
      for (; read < 64; read += 1) yield Buffer.alloc(2 ** 20);
    })(),
  );
  const before = process.memoryUsage.rss();
  const artifact = await artifacts.put("run-1", "large.bin", stream, file);
  expect(artifact.bytes).toBe(64 * 2 ** 20);
  expect(process.memoryUsage.rss() - before).toBeLessThan(48 * 2 ** 20);
});

describe("a file that cannot be stored", () => {
  test("leaves nothing half-written when its stream breaks off", async () => {
    const broken = Readable.from(
      (function* () {
        yield "half";
        throw new Error("connection reset");
      })(),
    );
    await expect(artifacts.put("run-1", "a.txt", broken, file)).rejects.toMatchObject({
      code: "artifact_failed",
    });
    expect(await artifacts.list("run-1")).toEqual([]);
    expect((await artifacts.put("run-1", "a.txt", "whole", file)).name).toBe("a.txt");
  });

  test("because the store's place is taken is a failure that says so in our words", async () => {
    const nowhere = createArtifacts({ dir: "/dev/null/artifacts" });
    await expect(nowhere.put("run-1", "a.txt", "x", file)).rejects.toMatchObject({
      code: "artifact_failed",
      message: 'The file "a.txt" could not be stored.',
    });
  });

  test("because no space is left names that", async () => {
    await mkdir(join(dir, "artifacts/run-1"), { recursive: true });
    await symlink("/dev/full", join(dir, "artifacts/run-1/a.txt"));
    await expect(artifacts.put("run-1", "a.txt", "x", file)).rejects.toMatchObject({
      code: "artifact_failed",
      message: 'The file "a.txt" could not be stored: no space is left.',
    });
  });

  test("stops when it is called off, with the caller's reason", async () => {
    const stop = new AbortController();
    const endless = new Readable({ read() {} });
    const putting = artifacts.put("run-1", "a.txt", endless, { ...file, signal: stop.signal });
    endless.push("x");
    stop.abort(new Error("called off"));
    await expect(putting).rejects.toThrow("called off");
    expect(endless.destroyed).toBe(true);
    expect(await artifacts.list("run-1")).toEqual([]);
  });
});

describe("names lead nowhere else", () => {
  test.each(["../../etc/passwd", "..\\..\\passwd", "/etc/passwd", "a/../../passwd"])("%s", async (name) => {
    const artifact = await artifacts.put("run-1", name, "x", file);
    expect(artifact.name).toBe("passwd");
    expect(await readdir(join(dir, "artifacts"))).toEqual(["run-1"]);
    await expect(artifacts.read("run-1", name)).rejects.toMatchObject({ code: "not_found" });
  });

  test("neither does a run's id", async () => {
    await expect(artifacts.put("..", "a", "x", file)).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(artifacts.remove("../..")).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

test("a run's files can be removed one by one or together, and again", async () => {
  await artifacts.put("run-1", "a", "x", file);
  await artifacts.put("run-1", "b", "x", file);
  await artifacts.put("run-2", "c", "x", file);
  await artifacts.remove("run-1", "a");
  expect(await artifacts.list("run-1")).toEqual(["b"]);
  await artifacts.remove("run-1");
  await artifacts.remove("run-1");
  expect([await artifacts.list("run-1"), await artifacts.list("run-2")]).toEqual([[], ["c"]]);
  await expect(artifacts.read("run-1", "b")).rejects.toMatchObject({ code: "not_found" });
});

test("others on the machine cannot look into the folder", async () => {
  await artifacts.put("run-1", "a", "x", file);
  expect((await stat(join(dir, "artifacts"))).mode & 0o077).toBe(0);
});
