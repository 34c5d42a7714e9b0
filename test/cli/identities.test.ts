import { afterAll, beforeAll, expect, test } from "vitest";
import type { Identity } from "../../src/identity/types.ts";
import { latchkey as run } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import { startInTerminal } from "../support/terminal.ts";

const secrets = {
  password: "heron-Canary-7781",
  totp: "KRUGS4ZANFZSAYJAMNQW4YLSPE",
  pin: "pin-canary-4412",
};

let ground: TestParts;
let environment: Record<string, string>;
let said = "";

beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
  environment = {
    ...ground.environment,
    APP_PASSWORD: secrets.password,
    APP_TOTP: `otpauth://totp/Shop:me?secret=${secrets.totp}&digits=8&period=60&algorithm=SHA256`,
  };
});
afterAll(() => ground[Symbol.asyncDispose]());

async function latchkey(args: string[], options: { stdin?: string } = {}) {
  const result = await run(args, environment, options);
  said += result.stdout + result.stderr;
  return result;
}

async function json<T>(args: string[], options?: { stdin?: string }): Promise<T> {
  const { code, stdout, stderr } = await latchkey([...args, "--json"], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

async function revealed(name: string) {
  const { identities } = await ground.parts.store();
  const { id } = await identities.get("default", name);
  return identities.revealCredentials(id, { name: "test" });
}

test("add stores credentials from the environment variables it is given the names of", async () => {
  const add =
    "identities add --name by-env --url https://shop.example/ --username me@shop.example --password-env APP_PASSWORD --totp-env APP_TOTP --allow login.example example.org --sessions 3 --proxy http://proxy.example:3128 --provider local";
  const { code, stdout, stderr } = await latchkey([...add.split(" "), "--metadata", '{"team":"billing"}']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^✓ by-env is stored {2}[0-9a-f-]{36}\n {2}latchkey identities validate by-env\n$/);

  const identity = await json<Identity>(["identities", "show", "by-env"]);
  expect(identity).toMatchObject({
    name: "by-env",
    sourceUrl: "https://shop.example/",
    status: "pending",
    allowedDomains: ["login.example", "example.org"],
    maxSessions: 3,
    metadata: { team: "billing" },
    proxyServer: "http://proxy.example:3128",
    provider: "local",
    credentials: [
      { type: "username_password" },
      { type: "authenticator", algorithm: "sha256", digits: 8, periodSeconds: 60 },
    ],
  });
  const { usernamePassword, authenticator } = await revealed("by-env");
  expect(usernamePassword?.username.reveal()).toBe("me@shop.example");
  expect(usernamePassword?.password?.reveal()).toBe(secrets.password);
  expect(authenticator?.secret.reveal()).toBe(secrets.totp);
});

test("add reads all credentials from standard input, and keeps further keys as custom fields", async () => {
  const { username, ...rest } = { username: "me", ...secrets };
  const identity = await json<Identity>(
    ["identities", "add", "--name", "by-stdin", "--url", "https://bank.example/", "--credentials-stdin"],
    { stdin: JSON.stringify({ username, ...rest }) },
  );
  expect(identity).toMatchObject({ name: "by-stdin", status: "pending" });
  const { usernamePassword, authenticator, custom } = await revealed("by-stdin");
  expect(usernamePassword?.password?.reveal()).toBe(secrets.password);
  expect(authenticator?.secret.reveal()).toBe(secrets.totp);
  expect(custom?.["pin"]?.reveal()).toBe(secrets.pin);
});

test("add asks in a terminal, shows nothing of what is typed, and stores nothing when it is left", async () => {
  const add = ["identities", "add", "--url", "https://wiki.example/", "--username", "me"];
  await using asked = startInTerminal([...add, "--name", "by-prompt", "--totp"], environment);
  await asked.shows("Password");
  asked.type(`${secrets.password}\r`);
  await asked.shows("otpauth:// URI");
  asked.type(`${secrets.totp}\r`);
  const { code, shown } = await asked.ended();
  said += asked.output();
  expect(code).toBe(0);
  expect(shown).toContain("✓ by-prompt is stored");
  const { usernamePassword, authenticator } = await revealed("by-prompt");
  expect(usernamePassword?.password?.reveal()).toBe(secrets.password);
  expect(authenticator?.secret.reveal()).toBe(secrets.totp);

  await using left = startInTerminal([...add, "--name", "left"], environment);
  await left.shows("Password");
  left.type("\x03");
  expect(await left.ended()).toMatchObject({
    code: 130,
    shown: expect.stringContaining("✗ Nothing was done."),
  });
  expect((await latchkey(["identities", "show", "left"])).code).toBe(1);
});

test("add without a terminal says how else to hand in a secret", async () => {
  const add = ["identities", "add", "--name", "none", "--url", "https://a.example/", "--username", "me"];
  expect(await latchkey(add)).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "✗ invalid_argument: Password: there is no terminal to ask in. Name an environment variable with --password-env, or use --credentials-stdin.\n  Correct the argument as the message says.\n",
  });
});

test("add refuses an identity that is none, or is there already, with every fault at once", async () => {
  const unusable = await latchkey([
    "identities",
    "add",
    "--url",
    "http://u:p@a.example",
    "--proxy",
    "ftp://x",
  ]);
  expect(unusable.code).toBe(1);
  expect(unusable.stderr).toMatch(
    /✗ invalid_argument: .*\n.*sourceUrl: holds a user or password.*\n.*proxyServer: is not/,
  );
  const twice = await latchkey(["identities", "add", "--name", "by-env", "--url", "https://a.example/"]);
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringMatching(/^✗ conflict: .*by-env/) });
});

test("list shows a table and JSON, by application and by metadata", { timeout: 60_000 }, async () => {
  const { applications, identities } = await ground.parts.store();
  const { id } = await applications.create(
    "default",
    { name: "Wiki", url: "https://wiki.example/" },
    { name: "test" },
  );
  const wiki = await identities.get("default", "by-prompt");
  await identities.update("default", wiki.id, { applicationId: id }, { name: "test" });

  const { stdout } = await latchkey(["identities", "list"]);
  const [head, ...rows] = stdout.trimEnd().split("\n");
  expect(head).toBe("NAME       SITE                   STATUS   HEALTH   SAVED STATE  CREDENTIALS");
  expect(rows).toEqual([
    "by-env     https://shop.example/  pending  unknown  none         password, authenticator",
    "by-prompt  https://wiki.example/  pending  unknown  none         password, authenticator",
    "by-stdin   https://bank.example/  pending  unknown  none         password, custom, authenticator",
  ]);
  const names = async (...args: string[]) =>
    (await json<Identity[]>(["identities", "list", ...args])).map(({ name }) => name);
  const filters = [
    [],
    ["--application", "Wiki"],
    ["--metadata", '{"team":"billing"}'],
    ["--project", "else"],
  ];
  expect(await Promise.all(filters.map((filter) => names(...filter)))).toEqual([
    ["by-env", "by-prompt", "by-stdin"],
    ["by-prompt"],
    ["by-env"],
    [],
  ]);
  expect(await latchkey(["identities", "list", "--metadata", '{"team":"none"}'])).toMatchObject({
    code: 0,
    stdout: "There are no such identities.\n",
  });
  expect(await latchkey(["identities", "list", "--application", "Nowhere"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not_found: Project "default" has no application "Nowhere".'),
  });
});

test("update changes what is named and nothing else; show --audit tells who did what", async () => {
  const changed = await json<Identity>(
    ["identities", "update", "by-stdin", "--sessions", "2", "--credentials-stdin"],
    { stdin: JSON.stringify({ username: "you", password: secrets.password }) },
  );
  expect(changed).toMatchObject({ name: "by-stdin", maxSessions: 2, sourceUrl: "https://bank.example/" });
  const { usernamePassword, custom } = await revealed("by-stdin");
  expect(usernamePassword?.username.reveal()).toBe("you");
  expect(custom?.["pin"]?.reveal()).toBe(secrets.pin);

  const change = "identities update by-stdin --name renamed --remove-credentials custom authenticator";
  const fewer = await json<Identity>(change.split(" "));
  expect(fewer).toMatchObject({ name: "renamed", credentials: [{ type: "username_password" }] });

  expect(await latchkey(["identities", "update", "renamed"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Nothing to change was named"),
  });
  const { stdout } = await latchkey(["identities", "show", "renamed", "--audit"]);
  expect(stdout).toMatch(/^Name {14}renamed$/m);
  expect(stdout).toMatch(/^Status {12}pending, since 20/m);
  expect(stdout).toMatch(/^20\S+ +cli:\S+ +identity\.created$/m);
  expect(stdout).toMatch(/^20\S+ +cli:\S+ +credentials\.replaced$/m);
  expect(stdout).toMatch(/^20\S+ +test +credentials\.revealed$/m);
});

test("rm removes; what is not there is said to be unknown, with what to do", async () => {
  expect(await latchkey(["identities", "rm", "renamed"])).toMatchObject({
    code: 0,
    stdout: "✓ renamed is removed\n",
  });
  const gone = [
    ["rm", "renamed"],
    ["update", "renamed", "--sessions", "1"],
    ["validate", "renamed"],
  ];
  for (const result of await Promise.all(gone.map((args) => latchkey(["identities", ...args])))) {
    const { code, stdout, stderr } = result;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^✗ unknown_identity: .*renamed.*\n {2}List identities with `latchkey identities list`\.\n$/,
    );
  }
});

test("nothing that was printed holds a secret", () => {
  expect(said).toContain("by-env is stored");
  for (const secret of Object.values(secrets)) expect(said).not.toContain(secret);
});
