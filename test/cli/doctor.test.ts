import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/secret.ts";
import { startAnchorCloud } from "../support/anchor-cloud.ts";
import { latchkey } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

interface Finding {
  name: string;
  ok: boolean;
  found: string;
  mend: string | null;
}

let redis: TestRedis;
let ground: TestParts;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  ground = await openTestParts({
    // It says what it finds when nothing is set.
    wholeChromium: true,
    redisUrl: redis.url,
    settings: { LATCHKEY_LOG_LEVEL: "" },
  });
  folder = await mkdtemp(join(tmpdir(), "latchkey-doctor-"));
});
afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What the doctor finds with these settings, beside those that are well. */
async function examine(settings: Record<string, string>) {
  const { code, stdout, stderr } = await latchkey(["doctor", "--json"], {
    ...ground.environment,
    // The one fault is enough; starting a Chromium every time would only take time.
    CHROMIUM_PATH: "/nowhere/chromium",
    ...settings,
  });
  const findings = JSON.parse(stdout) as Finding[];
  return { code, stderr, findings, of: (name: string) => findings.find((finding) => finding.name === name) };
}

test("where all is well each check says what it found, and the exit code is 0", async () => {
  const { code, stdout, stderr } = await latchkey(["doctor"], ground.environment);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.trimEnd().split("\n")).toEqual([
    `✓ Node       ${process.versions.node}`,
    expect.stringMatching(/^✓ Settings {3}data in \S+, project default$/),
    expect.stringMatching(/^✓ Disk {7}[\d.]+ GiB free$/),
    expect.stringMatching(/^✓ Postgres {3}at DATABASE_URL, version \d+/),
    expect.stringMatching(/^✓ Key {8}[0-9a-f]{12}$/),
    "✓ Queue      on Redis: 0 waiting, 0 active, 0 delayed",
    expect.stringMatching(/^✓ Flows {6}\d+ in \S+\/flows$/),
    expect.stringMatching(/^✓ Chromium {3}\S+, version [\d.]+, (?:in|without) its sandbox$/),
    "✓ Provider   local is used",
  ]);
});

describe("each fault is found, and how to mend it is said", () => {
  test("settings that are unusable: nothing else can be checked", async () => {
    const { code, findings, of } = await examine({ LATCHKEY_PORT: "seventy" });
    expect(code).toBe(1);
    expect(of("Settings")).toEqual({
      name: "Settings",
      ok: false,
      found: expect.stringMatching(/LATCHKEY_PORT: /),
      mend: expect.stringContaining("docs/settings.md"),
    });
    expect(findings.filter(({ ok }) => ok).map(({ name }) => name)).toEqual(["Node"]);
    expect(of("Flows")?.found).toBe("not checked: Settings comes first");
  });

  test("a browser provider that is not set up, that is not there, or that refuses the key", async () => {
    await using cloud = await startAnchorCloud();
    const base = { LATCHKEY_PROVIDER: "anchor", ANCHORBROWSER_BASE_URL: cloud.url };
    const found = async (settings: Record<string, string>) =>
      (await examine({ ...base, ...settings })).of("Provider")?.found;
    expect(await found({})).toContain("set ANCHORBROWSER_API_KEY");
    expect(await found({ ANCHORBROWSER_API_KEY: "CANARY-key" })).toBe(
      "The browser provider refused the API key (HTTP 401).",
    );
    expect(await found({ ANCHOR_API_KEY: cloud.apiKey })).toMatch(
      /^anchor is used; anchor at 127\.0\.0\.1:\d+ takes/,
    );
    expect(await found({ LATCHKEY_PROVIDER: "cdp", LATCHKEY_CDP_URL: "http://127.0.0.1:1" })).toContain(
      "ECONNREFUSED",
    );
  });

  test("a Postgres that does not answer, and what stands on it", async () => {
    const { code, of } = await examine({ DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/latchkey" });
    expect(code).toBe(1);
    expect(of("Postgres")).toEqual({
      name: "Postgres",
      ok: false,
      found: "Postgres at 127.0.0.1:1 does not answer (ECONNREFUSED).",
      mend: expect.stringContaining("DATABASE_URL"),
    });
    for (const name of ["Key", "Queue"])
      expect(of(name)).toMatchObject({ ok: false, found: "not checked: Postgres comes first", mend: null });
    expect(of("Flows")?.ok).toBe(true);
    expect(JSON.stringify(of("Postgres"))).not.toContain("hunter2");
  });

  test("a Redis that does not answer", async () => {
    const { of } = await examine({ REDIS_URL: "redis://:hunter2@127.0.0.1:1" });
    expect(of("Postgres")?.ok).toBe(true);
    expect(of("Queue")).toEqual({
      name: "Queue",
      ok: false,
      found: "Redis did not answer at REDIS_URL.",
      mend: expect.stringContaining("REDIS_URL"),
    });
  });

  test("a key that is none, and one that does not open what is stored", async () => {
    const none = await examine({ LATCHKEY_MASTER_KEY: "hunter2" });
    expect(none.of("Postgres")?.ok).toBe(true);
    expect(none.of("Queue")?.ok).toBe(true);
    expect(none.of("Key")).toMatchObject({
      ok: false,
      found: expect.stringContaining("LATCHKEY_MASTER_KEY is not a key of 32 bytes"),
      mend: expect.stringContaining("LATCHKEY_PREVIOUS_MASTER_KEYS"),
    });
    expect(JSON.stringify(none.findings)).not.toContain("hunter2");

    const { identities } = await ground.parts.store();
    const credentials = [{ type: "custom" as const, fields: { pin: new Secret("4412") } }];
    await identities.create(
      "default",
      { name: "sealed", sourceUrl: "https://a.example/", credentials },
      { name: "test" },
    );
    const other = Buffer.alloc(32, 9).toString("base64");
    expect((await examine({ LATCHKEY_MASTER_KEY: other })).of("Key")).toMatchObject({
      ok: false,
      found: expect.stringContaining("is sealed under master key"),
    });
    const both = {
      LATCHKEY_MASTER_KEY: other,
      LATCHKEY_PREVIOUS_MASTER_KEYS: ground.environment["LATCHKEY_MASTER_KEY"] ?? "",
    };
    expect((await examine(both)).of("Key")).toMatchObject({
      ok: true,
      found: expect.stringContaining("run `latchkey keys rotate`"),
    });
  });

  test("flows that cannot be loaded, a folder that cannot be written to, and no Chromium", async () => {
    await mkdir(join(folder, "flows/acme"), { recursive: true });
    await writeFile(join(folder, "flows/acme/empty.ts"), "export const nothing = 1;\n");
    await writeFile(join(folder, "a-file"), "");
    const { code, of } = await examine({
      LATCHKEY_FLOWS_DIR: join(folder, "flows"),
      LATCHKEY_ARTIFACTS_DIR: join(folder, "a-file"),
    });
    expect(code).toBe(1);
    expect(of("Flows")).toMatchObject({
      ok: false,
      found: expect.stringMatching(/acme\/empty\.ts: /),
      mend: expect.stringContaining("LATCHKEY_FLOWS_DIR"),
    });
    expect(of("Disk")).toMatchObject({
      ok: false,
      found: `This user cannot write to ${join(folder, "a-file")}.`,
      mend: expect.stringContaining("LATCHKEY_ARTIFACTS_DIR"),
    });
    expect(of("Chromium")).toMatchObject({
      ok: false,
      found: expect.stringContaining("/nowhere/chromium"),
      mend: expect.stringContaining("npm run setup"),
    });
  });
});
