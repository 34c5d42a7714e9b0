import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { latchkey } from "../support/cli.ts";
import { quickUser as ada } from "../support/runs.ts";

const environment = {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/nowhere",
  LATCHKEY_DATA_DIR: "/nonexistent/latchkey",
  PASSWORD: ada.password,
  TOTP: `otpauth://totp/ada?secret=${ada.totpSecret}&period=1`,
};
const credentials = ["--username", ada.username, "--password-env", "PASSWORD", "--totp-env", "TOTP"];

let folder: string;
let file: string;
let explained: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-replay-"));
  file = join(folder, "ada's login.json");
  const site: PracticeSite = await startPracticeSite({ users: [ada] });
  const args = ["login", `${site.url}/`, ...credentials, "--explain", "--save-snapshot", file];
  explained = (await latchkey(args, environment)).stdout;
  await site.close();
});
afterAll(() => rm(folder, { recursive: true }));

/** What was said of the steps, without the end. */
const steps = (said: string) => said.split("\n").filter((line) => !/^[✓✗]/.test(line));

test("--replay tells a stored login over again, offline, in the words of --explain", async () => {
  expect(explained).toMatch(/✓ signed in .+\n$/);
  const { code, stdout, stderr } = await latchkey(["login", "--replay", file], environment);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/✓ \d+ decisions, as stored\n$/);
  expect(steps(stdout).length).toBeGreaterThan(12);
  expect(steps(stdout)).toEqual(steps(explained));
});

test("the file holds no secret, and is its owner's", async () => {
  const text = await readFile(file, "utf8");
  expect(text).toMatch(/^{"format":"latchkey-login","version":1,"end":"signed_in","steps":\[\n/);
  for (const secret of [ada.username, ada.password, ada.totpSecret]) expect(text).not.toContain(secret);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("what is decided differently today is marked, and ends with 1", async () => {
  const stored = JSON.parse(await readFile(file, "utf8"));
  stored.steps[0].decision.rule = "open-login";
  const other = join(folder, "other.json");
  await writeFile(other, JSON.stringify(stored));

  const { code, stdout } = await latchkey(["login", "--replay", other], environment);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\n +≠ {2}rule was "open-login" when stored, and is "[a-z-]+" today\n/);
  expect(stdout).toMatch(/✗ 1 of \d+ decisions differ from what was stored\n$/);

  const asJson = await latchkey(["login", "--replay", other, "--json"], environment);
  expect(asJson.code).toBe(1);
  const replayed = JSON.parse(asJson.stdout);
  expect(Object.keys(replayed)).toEqual(["end", "differing", "steps"]);
  expect(replayed).toMatchObject({ end: "signed_in", differing: 1 });
  expect(Object.keys(replayed.steps[0])).toEqual([
    "atMs",
    "url",
    "saw",
    "action",
    "reason",
    "rule",
    "differences",
  ]);
  expect(replayed.steps[0].differences).toEqual([
    { member: "rule", stored: "open-login", today: expect.any(String) },
  ]);
});

test("what cannot be replayed, or stored, is said before anything else is done", async () => {
  const broken = join(folder, "broken.json");
  await writeFile(broken, (await readFile(file, "utf8")).slice(0, 300));
  const url = "https://app.example.com";
  const cases: [string[], string][] = [
    [["--replay", join(folder, "none.json")], "--replay: there is no such file, or it cannot be read."],
    [["--replay", broken], "The file cannot be replayed: it is not JSON; perhaps it was cut off."],
    [[url, "--replay", file], "option '--replay <file>' opens no site and takes no url"],
    [
      ["--replay", file, "--username", "me"],
      "option '--replay <file>' cannot be used with option '--username",
    ],
    [[], "missing required argument 'url'"],
    [
      [url, ...credentials, "--save-snapshot", join(folder, "no/such.json")],
      "the file cannot be written there.",
    ],
  ];
  const said = await Promise.all(cases.map(([args]) => latchkey(["login", ...args], environment)));
  expect(said.map(({ code, stdout, stderr }) => ({ code, stdout, stderr }))).toEqual(
    cases.map(([, stderr]) => ({ code: 1, stdout: "", stderr: expect.stringContaining(stderr) })),
  );
});
