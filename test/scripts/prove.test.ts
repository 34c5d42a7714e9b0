import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { practiceUsers } from "../../practice/site.ts";
import { asMarkdown, type Proved, withEarlier, writeMarkdown } from "../../scripts/prove/report.ts";
import { spoilTokens } from "../../scripts/prove/spoil-tokens.ts";
import { chromiumSetting } from "../support/chromium-choice.ts";
import { startServer } from "../support/web-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-prove-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** An application as the proof takes them: the practice site, and its user without a second factor. */
async function describeApplication(name: string, changes: object = {}): Promise<void> {
  const place = join(folder, "apps", name);
  const [, { username, password }] = practiceUsers;
  const app = {
    loginUrl: "http://127.0.0.1:{PORT}/login",
    username,
    password,
    totpSecret: null,
    loggedInProof: "button:has-text('Sign out')",
    wrongPasswordText: "password",
    ...changes,
  };
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "app.json"), JSON.stringify(app));
  await writeFile(
    join(place, "start.sh"),
    `cd "$(dirname "$0")"
'${process.execPath}' '${resolve("practice/main.ts")}' "$1" >said.txt 2>&1 &
echo $! >pid
echo 'kill "$(cat "$(dirname "$0")/pid")" && touch "$(dirname "$0")/stopped"' >stop.sh
until grep -q 'Practice site' said.txt; do sleep 0.1; done
`,
  );
}

async function prove(args: string[]) {
  const env = { ...process.env, CHROMIUM_PATH: chromiumSetting() };
  const child = spawn(process.execPath, ["scripts/prove.ts", ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, stdout, stderr };
}

const freePort = async () => {
  await using server = await startServer();
  return String(server.port);
};

describe("npm run prove", () => {
  test("proves an application from the command and through the queue, and leaves it stopped", {
    timeout: 240_000,
  }, async () => {
    await describeApplication("larch");
    const json = join(folder, "proved.json");
    const markdown = join(folder, "page.md");
    await writeFile(markdown, "before\n<!-- proving ground -->\nold\n<!-- /proving ground -->\nafter\n");
    const port = await freePort();
    const files = ["--json", json, "--markdown", markdown];
    const { code, stdout, stderr } = await prove([
      "--apps",
      join(folder, "apps"),
      "--only",
      "larch",
      "--port",
      port,
      ...files,
    ]);
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: expect.stringContaining("✓") });
    expect(stdout).toMatch(/✓ 6 proved, 0 failed, 6 not applicable\n$/);
    expect(JSON.parse(await readFile(json, "utf8"))).toMatchObject({
      proved: 6,
      applications: [{ application: "larch", checks: expect.any(Array) }],
    });
    expect(await readFile(markdown, "utf8")).toMatch(
      /^before\n<!-- proving ground -->\n.*\| larch \| ✓ ✓ \| – ✓ \| ✓ ✓ \| – \| – \| – ✓ \|.*signed out by “Sign out”.*\nafter\n$/s,
    );
    expect(await readdir(join(folder, "apps/larch"))).toContain("stopped");
  });

  test("fails where an application does not show its proof, or does not start, with the reason", {
    timeout: 240_000,
  }, async () => {
    await describeApplication("nothing", { loginUrl: "http://127.0.0.1:{PORT}/no-such-page" });
    await writeFile(join(folder, "apps/nothing/start.sh"), "echo 'its database is gone'; exit 3\n");
    const { code, stdout } = await prove([
      "--apps",
      join(folder, "apps"),
      "--only",
      "nothing",
      "--port",
      await freePort(),
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("nothing did not start: its database is gone");
    expect(stdout).toMatch(/✗ 0 proved, 1 failed, 0 not applicable\n$/);
  });

  test.each([
    [[], "Usage: npm run prove -- --apps DIR"],
    [["--apps", "nowhere", "--port", "many"], "Usage: npm run prove -- --apps DIR"],
    [["--apps", "docs"], "holds no application: no <name>/app.json in it."],
  ])("says how it is used: %j", async (args, says) => {
    const { code, stderr } = await prove(args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(says);
  });
});

test("a table has a sign for each way, and says what failed and what cannot apply", () => {
  const results: Proved[] = [
    {
      application: "larch",
      checks: [
        { point: 1, way: "command", status: "proved", note: "", seconds: 1 },
        { point: 1, way: "queue", status: "failed", note: "ended in\n login_unrecognised", seconds: 1 },
        { point: 2, way: "command", status: "not_applicable", note: "saves nothing", seconds: 0 },
        { point: 2, way: "queue", status: "proved", note: "", seconds: 1 },
        { point: 4, way: "queue", status: "not_applicable", note: "asks for no second factor", seconds: 0 },
      ],
    },
  ];
  const table = asMarkdown(results, "2026-01-01");
  expect(table).toContain("| larch | ✓ ✗ | – ✓ | ? | – | ? | ? |");
  expect(table).toContain("- **larch, 1, queue**: ended in login_unrecognised\n");
  expect(table).toContain("- larch, 4: – asks for no second factor\n");
});

test("what is proved anew replaces what was, and the rest is kept", () => {
  const of = (application: string, note: string): Proved => ({
    application,
    checks: [{ point: 1, way: "queue", status: "proved", note, seconds: 1 }],
  });
  const all = withEarlier([of("larch", "new")], [of("ash", "old"), of("larch", "old"), of("oak", "old")]);
  expect(all).toEqual([of("ash", "old"), of("larch", "new"), of("oak", "old")]);
});

test("a file without marks becomes the table", async () => {
  const path = join(folder, "new.md");
  await writeMarkdown(path, "| table |");
  expect(await readFile(path, "utf8")).toBe("<!-- proving ground -->\n| table |\n<!-- /proving ground -->\n");
});

test("tokens are spoiled in their own length and look, and nothing else of a state is", () => {
  const token = "a1B2c3D4-e5F6g7H8_i9J0";
  const claims = { sub: "ada", exp: 4_000_000_000 };
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${token}`;
  const stored = { theme: "dark", language: "en-GB", token, at: 1_700_000_000_000, nested: [jwt] };
  const state = {
    cookies: [{ name: "sid", value: "short1", domain: "a.example", path: "/", expires: -1 }],
    origins: [
      {
        origin: "https://a-quite-long-name.example",
        localStorage: [{ name: "a-token-of-many-letters", value: JSON.stringify(stored) }],
      },
    ],
    sessionStorage: { "https://a.example": { kept: "a sentence with spaces", token } },
    provedAt: "https://a.example/home",
  };
  const spoiled = spoilTokens(state);
  expect(spoiled.provedAt).toBe(state.provedAt);
  expect(spoiled.cookies).toEqual([{ ...state.cookies[0], value: expect.stringMatching(/^[a-z]{5}\d$/) }]);
  const [origin] = spoiled.origins as typeof state.origins;
  expect(origin?.origin).toBe("https://a-quite-long-name.example");
  expect(origin?.localStorage[0]?.name).toBe("a-token-of-many-letters");
  const after = JSON.parse(origin?.localStorage[0]?.value ?? "") as typeof stored;
  expect(after).toMatchObject({ theme: "dark", language: "en-GB", at: stored.at });
  expect(after.token).toMatch(/^[a-z]\d[A-Z]\d[a-z]\d[A-Z]\d-[a-z]\d[A-Z]\d[a-z]\d[A-Z]\d_[a-z]\d[A-Z]\d$/);
  expect(after.token).not.toBe(token);
  const [head, lapsed = "", signature] = after.nested[0]?.split(".") ?? [];
  expect(head).toBe("eyJhbGciOiJIUzI1NiJ9");
  expect(JSON.parse(Buffer.from(lapsed, "base64url").toString())).toEqual({
    sub: "ada",
    exp: expect.toSatisfy((exp: number) => exp < Date.now() / 1_000),
  });
  expect(signature).not.toBe(token);
  expect(after.nested[0]).toHaveLength(jwt.length);
  expect(spoiled.sessionStorage["https://a.example"]?.["kept"]).toBe("a sentence with spaces");
  expect(spoiled.sessionStorage["https://a.example"]?.["token"]).not.toBe(token);
});
