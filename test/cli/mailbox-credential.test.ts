import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createCliContext } from "../../src/cli/context.ts";
import { type MailboxOptions, readMailbox } from "../../src/cli/mailbox-credential.ts";
import { latchkey } from "../support/cli.ts";
import { openTestParts } from "../support/parts.ts";

const secret = "heron-Canary-7781";

function read(options: MailboxOptions) {
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
  const [stdin, stdout, stderr] = streams as unknown as [
    NodeJS.ReadStream,
    NodeJS.WriteStream,
    NodeJS.WriteStream,
  ];
  return readMailbox(createCliContext({ env: { MAIL: secret }, stdin, stdout, stderr }), options);
}

const places: [url: string, means: Record<string, unknown>][] = [
  ["imaps://me@imap.example.com", { security: "tls", port: 993, folder: "INBOX" }],
  ["imaps://me@imap.example.com:1993/", { security: "tls", port: 1993, folder: "INBOX" }],
  ["imap+starttls://me@imap.example.com/Codes", { security: "starttls", port: 143, folder: "Codes" }],
  ["imaps://me@imap.example.com/INBOX/Codes%20of%20mine", { folder: "INBOX/Codes of mine" }],
  ["imap://me@127.0.0.1:1143", { security: "none", port: 1143, host: "127.0.0.1" }],
  ["imap://me@[::1]:1143", { security: "none", host: "[::1]" }],
];

test.each(places)("%s", async (url, means) => {
  const mailbox = await read({ mailbox: url, mailboxPasswordEnv: "MAIL", mailboxFrom: "@acme.example" });
  expect(mailbox).toMatchObject({ type: "mailbox", from: "@acme.example", ...means });
  expect([mailbox?.username.reveal(), mailbox?.password.reveal()]).toEqual(["me", secret]);
});

test("a user's name with an @ is written with %40", async () => {
  const mailbox = await read({
    mailbox: "imaps://me%40example.com@imap.example.com",
    mailboxPasswordEnv: "MAIL",
  });
  expect(mailbox?.username.reveal()).toBe("me@example.com");
});

describe("what cannot be read is refused, repeating nothing", () => {
  const refusals: [says: string, options: MailboxOptions][] = [
    ["holds a password", { mailbox: `imaps://me:${secret}@imap.example.com`, mailboxPasswordEnv: "MAIL" }],
    ["names no user", { mailbox: "imaps://imap.example.com", mailboxPasswordEnv: "MAIL" }],
    ["is not an address", { mailbox: "https://me@imap.example.com", mailboxPasswordEnv: "MAIL" }],
    ["is not an address", { mailbox: secret, mailboxPasswordEnv: "MAIL" }],
    ["after the folder", { mailbox: "imaps://me@imap.example.com/INBOX?x=1", mailboxPasswordEnv: "MAIL" }],
    [
      "a % that stands for nothing",
      { mailbox: "imaps://me@imap.example.com/%zz", mailboxPasswordEnv: "MAIL" },
    ],
    ["never sent in the clear", { mailbox: "imap://me@imap.example.com", mailboxPasswordEnv: "MAIL" }],
    [
      "no environment variable of that name",
      { mailbox: "imaps://me@imap.example.com", mailboxPasswordEnv: secret },
    ],
    ["there is no terminal to ask in", { mailbox: "imaps://me@imap.example.com" }],
    ["need --mailbox", { mailboxFrom: "@acme.example" }],
  ];
  test.each(refusals)("%s", async (says, options) => {
    const refusal = read(options);
    await expect(refusal).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(says),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(secret) });
  });
});

test("an identity is stored with a mailbox and without a password, and shows neither", {
  timeout: 60_000,
}, async () => {
  await using ground = await openTestParts();
  const environment = { ...ground.environment, MAIL: secret };
  const added = await latchkey(
    [
      ..."identities add --name me --url https://app.example.com/ --username me@example.com --no-password".split(
        " ",
      ),
      ..."--mailbox imaps://codes@imap.example.com/Codes --mailbox-password-env MAIL --json".split(" "),
    ],
    environment,
  );
  expect(added.code).toBe(0);
  expect(JSON.parse(added.stdout)).toMatchObject({
    credentials: expect.arrayContaining([
      { type: "username_password", passwordless: true },
      { type: "mailbox", host: "imap.example.com" },
    ]),
  });
  const updated = await latchkey(
    "identities update me --mailbox imaps://codes@mail.example.com --mailbox-password-env MAIL --json".split(
      " ",
    ),
    environment,
  );
  expect(JSON.parse(updated.stdout)).toMatchObject({
    credentials: expect.arrayContaining([{ type: "mailbox", host: "mail.example.com" }]),
  });
  for (const said of [added, updated]) expect(said.stdout + said.stderr).not.toContain(secret);
  const shown = await latchkey(["identities", "show", "me"], environment);
  expect(shown.code).toBe(0);
  expect(shown.stdout).not.toContain(secret);
  const forgotten = await latchkey(
    "identities update me --remove-credentials mailbox --json".split(" "),
    environment,
  );
  expect(forgotten.stdout).not.toContain("mail.example.com");
});
