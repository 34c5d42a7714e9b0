import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { ownChromiums } from "../support/chromium.ts";
import { latchkey as run, startCli } from "../support/cli.ts";
import { quickUser as ada } from "../support/runs.ts";
import { startServer } from "../support/web-server.ts";

/** Whose codes last as long as usual: where the submits are counted, none may lapse on a busy machine. */
const eve = {
  username: "eve@larch.example",
  password: "fir-hazel-Poplar-9",
  totpSecret: "MV3GKLLMMFZGG2BNOBZGCY3UNFRWKLJT",
};

// A database that cannot be reached: a login needs none.
const environment = {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/nowhere",
  LATCHKEY_DATA_DIR: "/nonexistent/latchkey",
  RIGHT: ada.password,
  WRONG: "elm-larch-Canary-9",
  TOTP: `otpauth://totp/ada?secret=${ada.totpSecret}&period=1`,
  EVE: eve.password,
  EVE_TOTP: `otpauth://totp/eve?secret=${eve.totpSecret}`,
};

let site: PracticeSite;
let said = "";
beforeAll(async () => {
  site = await startPracticeSite({ users: [ada, eve] });
});
afterAll(() => site.close());

async function login(args: string[], { url = `${site.url}/`, stdin = "" } = {}) {
  const result = await run(["login", url, ...args], environment, { stdin });
  said += result.stdout + result.stderr;
  return result;
}

const members = ["outcome", "code", "message", "siteMessage", "submits", "url", "durationMs", "decisions"];

test("--json prints one object, and the exit code is 0 where it signed in", async () => {
  const { code, stdout, stderr } = await login([
    "--username",
    eve.username,
    "--password-env",
    "EVE",
    "--totp-env",
    "EVE_TOTP",
    "--json",
  ]);
  expect({ code, stderr, lines: stdout.split("\n").length }).toEqual({ code: 0, stderr: "", lines: 2 });
  const result = JSON.parse(stdout) as Record<string, unknown>;
  expect(Object.keys(result)).toEqual(members);
  expect(result).toMatchObject({
    outcome: "succeeded",
    code: null,
    message: null,
    siteMessage: null,
    submits: { password: 1, code: 1 },
    url: `${site.url}/`,
    durationMs: expect.any(Number),
  });
  const [decision] = result["decisions"] as Record<string, unknown>[];
  expect(Object.keys(decision ?? {})).toEqual(["atMs", "url", "saw", "action", "reason"]);
  expect(site.counters).toMatchObject({ passwordSubmits: 1, codeSubmits: 1 });
});

test("credentials come from standard input as well; --explain tells what was seen, done and why", async () => {
  const stdin = JSON.stringify({ username: ada.username, password: ada.password, totp: environment.TOTP });
  const { code, stdout, stderr } = await login(["--credentials-stdin", "--explain"], { stdin });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^ +[\d.]+ m?s {2}.+\n {10}saw {3}.+\n {10}why {3}.+\n {10}page {2}http:\/\/127\.0\.0\.1:\d+\//,
  );
  expect(stdout).toMatch(/✓ signed in {2}[\d.]+ m?s, 1 password submit, [12] code submits?\n$/);
});

test("a wrong password is submitted once, told in the site's words too, and ends with 1", async () => {
  const before = site.counters.passwordSubmits;
  const wrong = ["--username", ada.username, "--password-env", "WRONG"];
  const { code, stdout, stderr } = await login(wrong);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(
    /^✗ invalid_credentials: .+\n {2}.+\n {2}the site says {1}.+\n {2}page +http.+\n {2}took +[\d.]+ m?s, 1 password submit, 0 code submits\n$/,
  );
  expect(site.counters.passwordSubmits).toBe(before + 1);

  const asJson = await login([...wrong, "--json"]);
  expect({ code: asJson.code, stderr: asJson.stderr }).toEqual({ code: 1, stderr: "" });
  const result = JSON.parse(asJson.stdout) as Record<string, unknown>;
  expect(Object.keys(result)).toEqual(members);
  expect(result).toMatchObject({
    outcome: "failed",
    code: "invalid_credentials",
    message: expect.any(String),
    siteMessage: expect.stringMatching(/password/i),
    submits: { password: 1, code: 0 },
  });
});

test("what is no site is refused before a browser is opened, and with --json still one object", async () => {
  const given = ["--username", "me", "--password-env", "RIGHT"];
  for (const url of [
    "shop.example",
    "ftp://shop.example",
    "http://shop.example",
    "https://u:hunter2@shop.example",
  ]) {
    const { code, stdout, stderr } = await login(given, { url });
    expect({ url, code, stdout }).toEqual({ url, code: 1, stdout: "" });
    expect(stderr).toMatch(/^✗ invalid_argument: The URL is not usable\./);
    expect(stderr).not.toContain("hunter2");
  }
  const asJson = await login([...given, "--json"], { url: "https://u:hunter2@shop.example/login?next=1" });
  expect({ code: asJson.code, stderr: asJson.stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(asJson.stdout)).toEqual({
    outcome: "failed",
    code: "invalid_argument",
    message: expect.stringContaining("user or password"),
    siteMessage: null,
    submits: { password: 0, code: 0 },
    url: "https://shop.example/login",
    durationMs: expect.any(Number),
    decisions: [],
  });
});

test("a site that does not answer is unreachable, and nothing is submitted", async () => {
  const gone = await startServer();
  await gone[Symbol.asyncDispose]();
  const url = `${gone.url}/`;
  const { code, stdout } = await login(["--username", "me", "--password-env", "RIGHT", "--json"], { url });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ code: "site_unreachable", submits: { password: 0, code: 0 } });
});

test("Ctrl-C ends it with 130, told as cancelled, and leaves no browser", async () => {
  site.switches.hang = true;
  const args = ["login", `${site.url}/`, "--username", "me", "--password-env", "RIGHT", "--json"];
  await using process = startCli(args, environment);
  await expect.poll(() => ownChromiums().length, { timeout: 15_000 }).toBeGreaterThan(0);
  process.child.kill("SIGINT");
  const { code, stdout } = await process.ended();
  site.reset();
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "failed", code: "cancelled" });
  expect(ownChromiums()).toEqual([]);
});

test("credentials that are missing, or unreadable, are said to be", async () => {
  const refusals = await Promise.all([
    login(["--explain"]),
    login(["--username", "me"]),
    login(["--credentials-stdin"], {
      stdin: `{"username":"me","password":"x","totp":"${environment.WRONG}"}`,
    }),
  ]);
  expect(refusals.map(({ code, stderr }) => [code, stderr.split("\n")[0]])).toEqual([
    [1, expect.stringContaining("No username was given: use --username, --credentials-stdin")],
    [1, expect.stringContaining("Password: there is no terminal to ask in.")],
    [1, expect.stringContaining("The authenticator's secret ")],
  ]);
});

test("nothing that was printed holds a secret", () => {
  expect(said).toContain("signed in");
  for (const secret of [ada.password, ada.totpSecret, environment.WRONG]) expect(said).not.toContain(secret);
});
