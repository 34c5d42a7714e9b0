import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCliContext } from "../../src/cli/context.ts";
import { readPasskeyFile } from "../../src/cli/passkey-credential.ts";
import type { RevealedPasskey } from "../../src/identity/types.ts";
import { launchChromium } from "../support/chromium.ts";
import { latchkey } from "../support/cli.ts";
import { ada, page } from "../support/login-site.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";
import {
  type PasskeySite,
  passwordForm,
  registerPasskey,
  script,
  startPasskeySite,
} from "../support/passkey-site.ts";

let browser: Browser;
let ground: TestParts;
let folder: string;
let site: PasskeySite;
let passkey: RevealedPasskey;
let file: string;
beforeAll(async () => {
  browser = await launchChromium();
  ground = await openTestParts({ settings: { LATCHKEY_LOG_LEVEL: "" } });
  folder = await mkdtemp(join(tmpdir(), "latchkey-test-passkey-"));
  site = await startPasskeySite({
    "GET /login": () => ({
      html: page(
        "Sign in",
        `${passwordForm}<button onclick="usePasskey()">Sign in with a passkey</button>${script}`,
      ),
    }),
  });
  passkey = await registerPasskey(browser, site);
  file = await write(JSON.stringify([plain()]));
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  await ground[Symbol.asyncDispose]();
  await browser.close();
});

/** As `context.credentials.get()` exports it. */
const plain = (change: Record<string, unknown> = {}) => ({
  ...passkey,
  privateKey: passkey.privateKey.reveal(),
  ...change,
});

async function write(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test("`latchkey login --passkey-file` signs in with a passkey and tells its counter", {
  timeout: 60_000,
}, async () => {
  const { code, stdout } = await latchkey(
    ["login", `${site.origin}/home`, "--passkey-file", file],
    ground.environment,
  );
  expect(code).toBe(0);
  expect(stdout).toContain("signCount is now 2");
  expect(site.site.submits.password).toBe(0);
});

test("an identity is stored with a passkey from a file, without user name and password, and shows no key", {
  timeout: 60_000,
}, async () => {
  const { code, stdout } = await latchkey(
    [
      "identities",
      "add",
      "--name",
      "from-file",
      "--url",
      `${site.origin}/home`,
      "--passkey-file",
      file,
      "--json",
    ],
    ground.environment,
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ credentials: [{ type: "passkey", rpId: "localhost" }] });
  expect(stdout).not.toContain(passkey.privateKey.reveal());
});

test("an identity is given a passkey on standard input, beside a user name alone", {
  timeout: 60_000,
}, async () => {
  const added = await latchkey(
    ["identities", "add", "--name", "piped", "--url", `${site.origin}/home`, "--credentials-stdin"],
    ground.environment,
    { stdin: JSON.stringify({ username: ada.username, passkey: plain() }) },
  );
  expect(added).toMatchObject({ code: 0 });
  const { identities } = await ground.parts.store();
  const { id, credentials } = await identities.get("default", "piped");
  expect(credentials).toContainEqual({ type: "username_password", passwordless: true });
  const revealed = await identities.revealCredentials(id, { name: "test" });
  expect(revealed.passkey?.privateKey.reveal()).toBe(passkey.privateKey.reveal());
  expect(revealed.usernamePassword?.password).toBeUndefined();
});

describe("a file that holds no passkey is refused, repeating nothing of it", () => {
  const read = (passkeyFile: string) => {
    const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
    const [stdin, stdout, stderr] = streams as unknown as [
      NodeJS.ReadStream,
      NodeJS.WriteStream,
      NodeJS.WriteStream,
    ];
    return readPasskeyFile(createCliContext({ env: {}, stdin, stdout, stderr }), { passkeyFile });
  };
  const files: [says: string, text: () => string, mode?: number][] = [
    ["others than you may read", () => JSON.stringify(plain()), 0o644],
    ["others than you may read", () => JSON.stringify(plain()), 0o640],
    ["is not JSON", () => `${passkey.privateKey.reveal()} `],
    ["several passkeys", () => JSON.stringify([plain(), plain()])],
    ["holds no passkey", () => JSON.stringify([passkey.privateKey.reveal()])],
    ["has an rpId, an id", () => JSON.stringify(plain({ privateKey: 7 }))],
    ["no pair of keys", () => JSON.stringify(plain({ privateKey: passkey.publicKey }))],
    ["is not a domain", () => JSON.stringify(plain({ rpId: "https://larch.example/" }))],
    ["is not base64url", () => JSON.stringify(plain({ id: "a b" }))],
  ];
  test.each(files)("%s (%#)", async (says, text, mode) => {
    const refusal = read(await write(text(), mode));
    await expect(refusal).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(says),
    });
    await expect(refusal).rejects.not.toMatchObject({
      message: expect.stringContaining(passkey.privateKey.reveal().slice(0, 20)),
    });
  });

  test("a file that is not there", async () => {
    await expect(read(join(folder, "missing"))).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("cannot be opened"),
    });
  });
});
