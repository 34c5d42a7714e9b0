import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { partitionOf, uuidOf } from "../../src/http/prefactor/pfid.ts";
import type { Application } from "../../src/identity/applications/applications.ts";
import type { Identity } from "../../src/identity/types.ts";
import { latchkey } from "../support/cli.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

/** Each command is a process of its own. */
const timeout = 90_000;

let ground: TestParts;
let folder: string;

beforeAll(async () => {
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
  folder = await mkdtemp(join(tmpdir(), "latchkey-applications-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await ground[Symbol.asyncDispose]();
});

const run = (args: string[], options: { stdin?: string; APP_PASSWORD?: string } = {}) => {
  const { stdin, ...environment } = options;
  return latchkey(args, { ...ground.environment, ...environment }, stdin === undefined ? {} : { stdin });
};

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

const ruleset = [
  { name: "email", type: "email", identifier: true, persistent: true },
  { name: "password", type: "password", identifier: false, persistent: true },
];

test("an application is added with all there is to say of one, shown, changed, and no more than was named", {
  timeout,
}, async () => {
  const file = join(folder, "ruleset.json");
  await writeFile(file, JSON.stringify(ruleset));
  const options =
    "--allowed-domain login.example example.org --max-sessions 3 --callback-url https://app.example/back --frame-origin https://app.example";
  const added = await json<Application>(
    ..."applications add shop --url https://shop.example/ --description".split(" "),
    "Where we buy",
    ...options.split(" "),
    "--ruleset",
    file,
  );
  expect(added).toMatchObject({
    name: "shop",
    url: "https://shop.example/",
    description: "Where we buy",
    allowedDomains: ["login.example", "example.org"],
    maxSessions: 3,
    callbackUrls: ["https://app.example/back"],
    frameOrigins: ["https://app.example"],
    traitsSchema: null,
    ruleset,
  });

  const [shown, changed, unchanged] = await Promise.all([
    run(["applications", "show", "shop"]),
    json<Application>(
      ...`applications update ${added.id} --schema preset://email --ruleset none`.split(" "),
      ..."--url none --max-sessions none --frame-origin none --description".split(" "),
      "",
    ),
    run(["applications", "update", "shop"]),
  ]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^Name +shop$/m);
  expect(shown.stdout).toMatch(/^Identities +0$/m);
  const pfid = /^Pool +(\w{32})$/m.exec(shown.stdout)?.[1] ?? "";
  expect(uuidOf(pfid, partitionOf("default"))).toBe(added.id);
  expect(changed).toEqual({
    ...added,
    url: null,
    host: "",
    description: null,
    maxSessions: null,
    frameOrigins: [],
    ruleset: null,
    traitsSchema: expect.objectContaining({ title: "Person" }),
    updatedAt: expect.any(String),
  });
  expect(unchanged).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Nothing to change was named"),
  });
  const { stdout } = await run(["applications", "show", "shop"]);
  expect(stdout).toMatch(/^Schema +shop \(its own\)$/m);
  expect(stdout).toMatch(/^Factors +email \(identifies\), password, totp, magic_code$/m);
});

test("faults of a schema, a ruleset or a URL are told, and nothing is stored", { timeout }, async () => {
  const file = join(folder, "not.json");
  await writeFile(file, "{ no");
  const [noJson, noFile, noSchema, noUrl, unknown] = await Promise.all([
    run(["applications", "add", "odd", "--schema", file]),
    run(["applications", "add", "odd", "--ruleset", join(folder, "nothing")]),
    run(["applications", "add", "odd", "--schema", "-"], { stdin: '{"type": "nonsense"}' }),
    run(["applications", "add", "odd", "--url", "http://shop.example/"]),
    run(["applications", "show", "odd"]),
  ]);
  expect(noJson).toMatchObject({ code: 1, stderr: expect.stringContaining("It is not JSON.") });
  expect(noFile).toMatchObject({ code: 1, stderr: expect.stringContaining("The file cannot be read.") });
  expect(noSchema).toMatchObject({ code: 1, stderr: expect.stringContaining("traitsSchema: ") });
  expect(noUrl).toMatchObject({ code: 1, stderr: expect.stringContaining("url: is not https") });
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not_found: Project "default" has no application "odd".'),
  });
});

test("an identity takes its site and its login name from its application, and leaves only with it by word", {
  timeout,
}, async () => {
  const add = await run(["applications", "add", "people", "--schema", "preset://email"]);
  expect(add.stdout).toMatch(
    /^✓ people is stored {2}[0-9a-f-]{36}\n {2}It has no URL: `latchkey applications update people --url URL`/,
  );
  const noSite = await run(["identities", "add", "--application", "people", "--name", "early"]);
  expect(noSite.code).toBe(0);
  await json("applications", "update", "people", "--url", "https://people.example/");
  const traits = join(folder, "traits.json");
  await writeFile(traits, JSON.stringify({ email: "Ada@Example.org" }));
  const made = await run(
    [
      ..."identities add --application people --name ada --external-id crm-7 --traits".split(" "),
      traits,
      ..."--password-env APP_PASSWORD --state inactive --json".split(" "),
    ],
    { APP_PASSWORD: "heron-Canary-7781" },
  );
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(made.stdout)).toMatchObject({
    sourceUrl: "https://people.example/",
    loginName: "Ada@Example.org",
    externalId: "crm-7",
    state: "inactive",
    identifiers: [{ kind: "password", value: "ada@example.org" }],
    credentials: [{ type: "username_password" }],
  });

  const [shown, listed, kept] = await Promise.all([
    run(["identities", "show", "ada"]),
    run(["identities", "list"]),
    run(["applications", "rm", "people"]),
  ]);
  expect(shown.stdout).toMatch(/^State +inactive, since .*: it runs nothing$/m);
  expect(shown.stdout).toMatch(/^Login name +Ada@Example\.org$/m);
  expect(shown.stdout).toMatch(/^External id +crm-7$/m);
  expect(shown.stdout).toMatch(/^First seen +never$/m);
  expect(listed.stdout).toMatch(/^ada .* inactive, pending /m);
  expect(kept).toMatchObject({ code: 1, stderr: expect.stringMatching(/^✗ conflict: .*still has ident/) });

  const [active, refused] = await Promise.all([
    json<Identity>("identities", "update", "ada", "--state", "active", "--external-id", "none"),
    run(["identities", "update", "early", "--traits", '{"email":"nobody"}']),
  ]);
  expect(active).toMatchObject({ state: "active", externalId: null });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("✗ invalid_traits: ") });
  const list = await run(["applications", "list", "--search", "PEOPLE"]);
  expect(list.stdout).toMatch(
    /^NAME +SITE +IDENTITIES +FACTORS\npeople +https:\/\/people\.example\/ +2 +email \(identifies\), password, totp, magic_code\n$/,
  );
  expect((await run(["applications", "rm", "people", "--cascade"])).stdout).toBe(
    "✓ people is removed, with 2 identities\n",
  );
});
