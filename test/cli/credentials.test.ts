import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { createCliContext } from "../../src/cli/context.ts";
import { type CredentialOptions, readCredentials } from "../../src/cli/credentials.ts";
import { Secret } from "../../src/secret.ts";

const secret = "heron-Canary-7781";

/** Reads credentials as a command would whose standard input is a pipe. */
function read(
  options: CredentialOptions,
  { stdin = "", env = {} }: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
  streams[0].end(stdin);
  const [input, stdout, stderr] = streams as unknown as [
    NodeJS.ReadStream,
    NodeJS.WriteStream,
    NodeJS.WriteStream,
  ];
  return readCredentials(createCliContext({ env, stdin: input, stdout, stderr }), options);
}

test("an environment variable's value is read by its name, standard input by its keys", async () => {
  const byName = await read(
    { username: "me", passwordEnv: "APP_PASSWORD", totpEnv: "APP_TOTP" },
    { env: { APP_PASSWORD: secret, APP_TOTP: "JBSWY3DPEHPK3PXP" } },
  );
  expect([byName.username, byName.password, byName.totp].map((one) => one?.reveal())).toEqual([
    "me",
    secret,
    "JBSWY3DPEHPK3PXP",
  ]);
  const byKeys = await read(
    { credentialsStdin: true },
    { stdin: `{"username":"me","password":"${secret}","pin":"4412"}` },
  );
  expect([byKeys.username, byKeys.password, byKeys.custom["pin"]].map((one) => one?.reveal())).toEqual([
    "me",
    secret,
    "4412",
  ]);
  expect(await read({})).toEqual({ custom: {} });
});

test("a username beside standard input stands in for the one in it", async () => {
  const { username } = await read(
    { credentialsStdin: true, username: "you" },
    { stdin: `{"password":"${secret}"}` },
  );
  expect(username?.reveal()).toBe("you");
});

test("a username without a password is taken where the site asks for none", async () => {
  expect(await read({ username: "me", password: false })).toEqual({
    custom: {},
    username: expect.any(Secret),
  });
  const { username, password } = await read(
    { credentialsStdin: true, password: false },
    { stdin: '{"username":"me"}' },
  );
  expect([username?.reveal(), password]).toEqual(["me", undefined]);
});

test("a mailbox is an object on standard input", async () => {
  const { mailbox, custom } = await read(
    { credentialsStdin: true },
    {
      stdin: `{"mailbox":{"host":"imap.example.com","username":"me","password":"${secret}","from":"@acme.example"}}`,
    },
  );
  expect(custom).toEqual({});
  expect(mailbox).toEqual({
    type: "mailbox",
    host: "imap.example.com",
    port: 993,
    security: "tls",
    username: expect.any(Secret),
    password: expect.any(Secret),
    folder: "INBOX",
    from: "@acme.example",
  });
  expect(mailbox?.password.reveal()).toBe(secret);
});

describe("what cannot be read is refused, naming the option and repeating no value", () => {
  const refusals: [says: string, options: CredentialOptions, stdin?: string][] = [
    ["Name an environment variable with --password-env", { username: "me" }],
    [
      "--password-env: there is no environment variable of that name, or it is empty",
      { username: "me", passwordEnv: secret },
    ],
    [
      "--password-env: there is no environment variable of that name, or it is empty",
      { username: "me", passwordEnv: "EMPTY" },
    ],
    ["Name an environment variable with --totp-env", { totp: true }],
    ["--totp-env: there is no environment variable", { totpEnv: secret }],
    ["--password-env needs --username", { passwordEnv: "EMPTY" }],
    ["Standard input is not JSON.", { credentialsStdin: true }, `not JSON ${secret}`],
    ["Standard input is not JSON.", { credentialsStdin: true }, ""],
    ["not a JSON object of strings", { credentialsStdin: true }, `["${secret}"]`],
    ["not a JSON object of strings", { credentialsStdin: true }, "null"],
    ["a username and a password come together", { credentialsStdin: true }, `{"password":"${secret}"}`],
    ["a username and a password come together", { credentialsStdin: true, username: "me" }, "{}"],
    [
      "each value must be a text that is not empty",
      { credentialsStdin: true },
      `{"pin":4412,"word":"${secret}"}`,
    ],
    ["each value must be a text that is not empty", { credentialsStdin: true }, '{"pin":""}'],
    ["--no-password needs --username", { password: false }],
    ["exclude each other", { username: "me", password: false, passwordEnv: "EMPTY" }],
    [
      "with --no-password, a username and no password",
      { credentialsStdin: true, password: false },
      `{"username":"me","password":"${secret}"}`,
    ],
    ["mailbox is not an object", { credentialsStdin: true }, `{"mailbox":"${secret}"}`],
    [
      "a mailbox has a username and a password",
      { credentialsStdin: true },
      `{"mailbox":{"host":"a.example","password":"${secret}"}}`,
    ],
    [
      'Unrecognized key: "pasword"',
      { credentialsStdin: true },
      `{"mailbox":{"host":"a.example","username":"me","password":"${secret}","pasword":"${secret}"}}`,
    ],
    [
      "never sent in the clear",
      { credentialsStdin: true },
      `{"mailbox":{"host":"a.example","security":"none","username":"me","password":"${secret}"}}`,
    ],
    ["--credentials-stdin goes with none of", { credentialsStdin: true, totp: true }, "{}"],
    ["--credentials-stdin goes with none of", { credentialsStdin: true, passwordEnv: "EMPTY" }, "{}"],
  ];

  test.each(refusals)("%s", async (says, options, stdin = "") => {
    const refusal = read(options, { stdin, env: { EMPTY: "" } });
    await expect(refusal).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(says),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(secret) });
  });
});
