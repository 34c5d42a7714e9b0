import assert from "node:assert/strict";
import { createPrivateKey, randomBytes, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { generate } from "otplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../practice/site.ts";
import { createClient } from "../src/client/index.ts";
import type { Identity, RevealedPasskey } from "../src/identity/types.ts";
import { cancelRun } from "../src/job/cancel.ts";
import type { JobInput } from "../src/job/job.ts";
import type { Run } from "../src/job/record/runs.ts";
import { Secret } from "../src/secret.ts";
import { callAnchor } from "./support/anchor-calls.ts";
import { type AnchorCloud, startAnchorCloud } from "./support/anchor-cloud.ts";
import { launchChromium } from "./support/chromium.ts";
import { type CliProcess, latchkey, startCli } from "./support/cli.ts";
import { connectByForms } from "./support/connect-by-forms.ts";
import { dumpPostgres, dumpRedis, readFolder, watchProcessList } from "./support/everything-kept.ts";
import { mailUser, noImap, startImap } from "./support/imap.ts";
import { callKratos } from "./support/kratos-calls.ts";
import { ada, page } from "./support/login-site.ts";
import { lookAtRun } from "./support/look-at-run.ts";
import { startMailingSite } from "./support/mailing-site.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./support/otlp-receiver.ts";
import { openTestParts, type TestParts } from "./support/parts.ts";
import { type PasskeySite, registerPasskey, script, startPasskeySite } from "./support/passkey-site.ts";
import { callPrefactor } from "./support/prefactor-calls.ts";
import { startRedis, type TestRedis } from "./support/redis.ts";
import { ended, submit } from "./support/runs.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./support/webhook-receiver.ts";

/** Strings that stand nowhere else: wherever one turns up, a secret has leaked. */
const mark = (what: string) => `canary-${what}-${randomBytes(6).toString("hex")}`;
const username = `${mark("user")}@larch.example`;
const password = `${mark("pass")}/+&"é`;
const wrongPassword = mark("wrong");
const custom = mark("custom");
const handedIn = mark("handed-in-code");
const signalled = mark("signalled");
const proxyPassword = mark("proxy-password");
const importedHash = `$2a$10$${randomBytes(27).toString("hex").slice(0, 53)}`;
const backupCode = mark("backup-code");
/** What Anchor's API gives out, which is to stand nowhere else. */
const handedOut: Record<string, string> = {};
/** Waits in the inbox for a run that never asks. */
const leftInInbox = mark("code-nobody-took");
const handedInOverHttp = mark("code-over-http");
const totpSecret = "GEZDGNBVGY3TQOJQKNCUGUSFKRJVKTCU";
const wrongTotpSecret = "KRUGS4ZANFZSAYJAORSXG5BAMFXGIIDB";
/** The mailbox's own are in `mailUser`; what is mailed is made by the site. */
const mailed: string[] = [];
/** What may be seen: were it not found, the search would prove nothing. */
const visible = mark("visible");
const periodSeconds = 2;

let passkey: RevealedPasskey;
let apiKey: string;

let startedAt: number;
let redis: TestRedis;
let site: PracticeSite;
let passkeys: PasskeySite;
let ground: TestParts;
let worker: CliProcess;
let receiver: WebhookReceiver;
let collector: OtlpReceiver;
let cloud: AnchorCloud;

beforeAll(async () => {
  startedAt = Date.now();
  site = await startPracticeSite({
    users: [
      {
        username,
        password,
        totpSecret,
        totpPeriodSeconds: periodSeconds,
        totpToleranceSeconds: 60,
        totpDigits: 8,
      },
    ],
  });
  passkeys = await startPasskeySite({
    "GET /login": () => ({
      html: page("Sign in", `<button onclick="usePasskey()">Use a passkey</button>${script}`),
    }),
  });
  const browser = await launchChromium();
  passkey = await registerPasskey(browser, passkeys);
  await browser.close();
  receiver = await startWebhookReceiver();
  collector = await startOtlpReceiver();
  cloud = await startAnchorCloud();
  redis = await startRedis();
  ground = await openTestParts({
    redisUrl: redis.url,
    settings: {
      LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
      LATCHKEY_LOG_LEVEL: "trace",
      LATCHKEY_WEBHOOK_ALLOW: "127.0.0.1",
      LATCHKEY_METRICS_PORT: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ANCHORBROWSER_API_KEY: cloud.apiKey,
      ANCHORBROWSER_BASE_URL: cloud.url,
    },
  });
  // Its runs leave most of what is searched: it is on what Latchkey itself finds.
  worker = startCli(["worker"], ground.environment, { wholeChromium: true });
  await worker.says("latchkey is up");
});
afterAll(async () => {
  worker.child.kill("SIGTERM");
  await worker.ended();
  await ground[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
  await site.close();
  await passkeys[Symbol.asyncDispose]();
});

test("no secret is found in logs, databases, artifacts, the queue or the process list, whatever happens", {
  timeout: 360_000,
}, async () => {
  const processes = watchProcessList();
  const said: string[] = [];
  const command = async (args: string[], given: object) => {
    const { stdout, stderr } = await latchkey(args, ground.environment, { stdin: JSON.stringify(given) });
    said.push(stdout, stderr);
    return stdout;
  };

  const added = await command(
    ["identities", "add", "--name", visible, "--url", `${site.url}/`, "--credentials-stdin", "--json"],
    {
      username,
      password,
      totp: `otpauth://totp/x?secret=${totpSecret}&period=${periodSeconds}&digits=8`,
      pin: custom,
    },
  );
  const good = (JSON.parse(added) as Identity).id;
  await command(["identities", "add", "--name", "bad", "--url", "ftp://x", "--credentials-stdin"], {
    username,
    password,
  });
  await command(["identities", "add", "--name", "bad", "--url", `${site.url}/`, "--credentials-stdin"], {
    username,
    password,
    totp: `${password} no base32`,
  });
  await command(["identities", "show", visible, "--audit"], {});
  const plainPasskey = { ...passkey, privateKey: passkey.privateKey.reveal() };
  const keyed = await command(
    [
      "identities",
      "add",
      "--name",
      "keyed",
      "--url",
      `${passkeys.origin}/home`,
      "--credentials-stdin",
      "--json",
    ],
    { passkey: plainPasskey },
  );
  const withPasskey = (JSON.parse(keyed) as Identity).id;
  await command(
    ["identities", "add", "--name", "bad", "--url", `${passkeys.origin}/home`, "--credentials-stdin"],
    {
      passkey: { ...plainPasskey, publicKey: plainPasskey.privateKey },
    },
  );

  const ofOne = async () => [
    await run({ flow: "trial/look", identityId: good, input: { word: visible } }),
    await run({ flow: "trial/look", identityId: good }),
    await run({ flow: "trial/misbehave", identityId: good, input: { how: "throw" } }),
    await run({ flow: "trial/misbehave", identityId: good, input: { how: "wait for nothing" } }),
    await run({ flow: "trial/misbehave", identityId: good, input: { how: "crash the page" } }),
    await run({ flow: "trial/misbehave", identityId: good, input: { how: "never end" }, deadlineMs: 2_000 }),
    await run({ flow: "trial/misbehave", identityId: good, input: { how: "never end" } }, { cancel: true }),
    await run({ flow: "trial/look", identityId: good, input: { word: { password } } as never }).catch(
      () => undefined,
    ),
  ];
  const ofOthers = async () => [
    await run({ flow: "trial/look", identityId: await identity(wrongPassword, totpSecret) }),
    await run({ flow: "trial/look", identityId: await identity(password, wrongTotpSecret) }),
    await run({ flow: "trial/look", identityId: await identity(password, undefined) }, { handsIn: true }),
    await run({ flow: "trial/look", identityId: await identity(password, undefined), codeTimeoutMs: 0 }),
    await run({ flow: "trial/look", identityId: withPasskey }),
  ];
  // Side by side, for time's sake; what makes the whole site misbehave comes after.
  const outcomes = (await Promise.all([ofOne(), ofOthers()])).flat();
  await whileSwitched({ serverError: /^\/login/ }, async () =>
    run({ flow: "trial/look", identityId: await identity(password, totpSecret) }),
  );
  await whileSwitched({ hang: /^\/login\/password/ }, async () =>
    run({ flow: "trial/look", identityId: await identity(password, totpSecret), deadlineMs: 4_000 }),
  );
  const codes = outcomes.map((run) =>
    run?.outcome?.status === "failed" ? run.outcome.code : run?.outcome?.status,
  );
  expect(codes).toEqual([
    "succeeded",
    "succeeded",
    "flow_failed",
    "flow_timed_out",
    "browser_crashed",
    "deadline_exceeded",
    "cancelled",
    undefined,
    "invalid_credentials",
    "invalid_one_time_code",
    "invalid_one_time_code",
    "one_time_code_required",
    "succeeded",
  ]);
  const withMailbox = ["succeeded", "succeeded", "one_time_code_timeout"];
  expect(noImap === undefined ? await runsWithMailbox(command) : withMailbox).toEqual(withMailbox);
  expect(await runsAtProvider()).toEqual([
    "succeeded",
    "flow_failed",
    "needs_attention",
    "provider_unavailable",
  ]);
  await command(["login", `${site.url}/`, "--credentials-stdin", "--explain"], {
    username,
    password: wrongPassword,
  });
  await command(["login", `${site.url}/`, "--credentials-stdin", "--json"], {
    username,
    password,
    totp: wrongTotpSecret,
  });
  await command(
    ["passkeys", "add", "keyed", "--headless", "--url", `${passkeys.origin}/passkeys/new`, "--json"],
    {},
  );
  expect(passkeys.registered.size).toBe(2);
  const { identities } = await ground.parts.store();
  const made = (await identities.revealCredentials(withPasskey, { name: "test" })).passkey;
  expect.assert(made !== undefined && made.id !== passkey.id);
  passkeys.revoke();
  await run({ flow: "trial/look", identityId: withPasskey });
  await command(["login", `${passkeys.origin}/home`, "--credentials-stdin", "--explain"], {
    passkey: plainPasskey,
  });
  await latchkey(["code", "--identity", visible], ground.environment, { stdin: leftInInbox });
  const http = await overHttp(good);
  const webhookSecrets = [
    await showSecret(["webhooks", "secret"]),
    await showSecret(["webhooks", "secret", "--rotate"]),
  ];
  await command(["keys", "rotate"], {});
  await command(["webhooks", "list"], {});
  await command(["webhooks", "test", receiver.url], {});
  await command(["doctor"], {});

  const kept = new Map<string, string>([
    ["the worker's log", worker.output()],
    ["the server's log", http.log],
    ["what the server answered", http.answered],
    ["this process's log", ground.logged()],
    ["what commands said", said.join("\n")],
    ["postgres", await dumpPostgres(ground.environment["DATABASE_URL"] ?? "")],
    ["redis", await dumpRedis(redis.url)],
    ["the process list", await processes.stop()],
    ["what webhooks told", JSON.stringify(receiver.received)],
    ["what traces told", collector.raw.join("\n")],
    ["the metrics", await scrape()],
  ]);
  const files = await readFolder(`${ground.environment["LATCHKEY_DATA_DIR"]}/artifacts`);
  for (const [name, content] of files) kept.set(name, content.toString("latin1"));

  for (const place of ["what commands said", "postgres", "redis", "the process list", "what webhooks told"]) {
    expect.soft(kept.get(place), `${place} was searched`).toContain(place === "redis" ? good : visible);
  }
  expect.soft(kept.get("the worker's log")).toContain(good);
  expect.soft(kept.get("what traces told")).toContain("step ");
  expect.soft(kept.get("the metrics")).toContain("latchkey_runs_ended_total");
  expect.soft([...files.keys()].filter((name) => name.endsWith(".png")).length).toBeGreaterThan(4);
  expect.soft([...files.keys()].filter((name) => name.endsWith(".zip")).length).toBeGreaterThan(4);

  const found: string[] = [];
  const signing = webhookSecrets.flatMap(signingForms);
  for (const needle of [...(await needles()), ...keyForms(passkey), ...keyForms(made), ...signing]) {
    for (const [place, content] of kept) {
      const at = content.indexOf(needle.form);
      if (at >= 0)
        found.push(`${needle.what} in ${place}: …${content.slice(Math.max(0, at - 80), at + 60)}…`);
    }
  }
  expect(found).toEqual([]);
});

/** With the provider's own credentials in its browser, and with what keeps a run from that. */
async function runsAtProvider(): Promise<(string | undefined)[]> {
  const source = `${site.url}/`;
  const signsIn = cloud.add({
    source,
    signIn: async () => {},
    credentials: [
      { type: "username_password", username, password },
      {
        type: "authenticator",
        secret: `otpauth://totp/x?secret=${totpSecret}&period=${periodSeconds}&digits=8`,
        otp: "00000000",
      },
    ],
  });
  const stale = {
    status: 422,
    body: { error: { code: 422, message: `Identity authentication failed: ${password}` } },
  };
  const job = (identityId: string, flow = "trial/look") =>
    ({ flow, identityId, provider: "anchor" }) as const;
  const runs = [
    await run(job(signsIn.id)),
    await run({ ...job(signsIn.id, "trial/misbehave"), input: { how: "throw" } }),
    await run(job(cloud.add({ source, stale }).id)),
  ];
  const cut = cloud.add({ source });
  for (let time = 0; time < 2; time += 1) cloud.next("POST /v1/sessions", { cut: "after" });
  runs.push(await run(job(cut.id)));
  expect(cloud.live()).toEqual([]);
  return runs.map(({ outcome }) => (outcome?.status === "failed" ? outcome.code : outcome?.status));
}

/** The private key, whole and its secret part alone, in every spelling somebody might keep it in. */
function keyForms({ privateKey }: RevealedPasskey): { what: string; form: string }[] {
  const der = Buffer.from(privateKey.reveal(), "base64url");
  const jwk = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ format: "jwk" });
  // An elliptic curve's, or one of the lattice keys that browsers make by now.
  const { d, priv } = jwk as { d?: string; priv?: string };
  const part = d ?? priv;
  assert(part !== undefined && part.length > 20);
  return [der, Buffer.from(part, "base64url")].flatMap((bytes) =>
    (["base64url", "base64", "hex", "latin1"] as const).map((encoding) => ({
      what: "a passkey's private key",
      form: bytes.toString(encoding).replace(/=+$/, ""),
    })),
  );
}

/** The worker says where it serves its metrics. */
async function scrape(): Promise<string> {
  const [, url] = /"url":"(http[^"]+)"[^\n]*metrics are served/.exec(worker.output()) ?? [];
  return await (await fetch(`${url}/metrics`)).text();
}

/** The one command whose answer is a secret: what it says is searched for, not through. */
async function showSecret(args: string[]): Promise<string> {
  const { stdout, stderr } = await latchkey(args, ground.environment);
  assert.match(stdout, /^whsec_/, stderr);
  return stdout.trim();
}

function signingForms(secret: string): { what: string; form: string }[] {
  const bytes = Buffer.from(secret.replace("whsec_", ""), "base64");
  return (["base64", "base64url", "hex", "latin1"] as const).map((encoding) => ({
    what: "a webhook secret",
    form: bytes.toString(encoding).replace(/=+$/, ""),
  }));
}

async function needles(): Promise<{ what: string; form: string }[]> {
  const values = {
    username,
    password,
    wrongPassword,
    custom,
    totpSecret,
    wrongTotpSecret,
    handedIn,
    handedInOverHttp,
    apiKey,
    signalled,
    proxyPassword,
    importedHash,
    backupCode,
    ...handedOut,
    leftInInbox,
    providerKey: cloud.apiKey,
    ...Object.fromEntries(cloud.sessions.map(({ id }, at) => [`providerSession${at}`, id])),
    mailboxUser: mailUser.username,
    mailboxPassword: mailUser.password,
    ...Object.fromEntries(mailed.map((value, at) => [`mailed${at}`, value])),
  };
  const spelled = Object.entries(values).flatMap(([what, value]) =>
    [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString("base64").replace(/=+$/, ""),
      Buffer.from(value).toString("latin1"),
      Buffer.from(value).toString("hex"),
    ].map((form) => ({ what, form })),
  );
  const codes: { what: string; form: string }[] = [];
  for (let epoch = Math.floor(startedAt / 1_000); epoch <= Date.now() / 1_000 + 4; epoch += periodSeconds) {
    for (const secret of [totpSecret, wrongTotpSecret]) {
      codes.push({
        what: "a code",
        form: await generate({ secret, epoch, period: periodSeconds, digits: 8 }),
      });
    }
  }
  return [...spelled, ...codes];
}

async function identity(withPassword: string, totp: string | undefined): Promise<string> {
  const { identities } = await ground.parts.store();
  const { id } = await identities.create(
    "default",
    {
      name: `x-${randomUUID().slice(0, 8)}`,
      sourceUrl: `${site.url}/`,
      credentials: [
        { type: "username_password", username: new Secret(username), password: new Secret(withPassword) },
        ...(totp === undefined
          ? []
          : [{ type: "authenticator" as const, secret: new Secret(totp), periodSeconds, digits: 8 }]),
      ],
    },
    { name: "test" },
  );
  return id;
}

/** A code that is mailed, a link that is mailed, and a mailbox that does not open. */
async function runsWithMailbox(command: (args: string[], given: object) => Promise<string>) {
  await using imap = await startImap();
  const { username: user, password: secret } = mailUser;
  const mailbox = {
    host: "127.0.0.1",
    port: imap.ports.plain,
    security: "none",
    username: user,
    password: secret,
  };
  const code = () => {
    mailed.push(`K7QM-${randomBytes(2).toString("hex").toUpperCase()}9`);
    return mailed.at(-1) ?? "";
  };
  await using codeSite = await startMailingSite(imap, { sends: "code", code });
  await using linkSite = await startMailingSite(imap, { sends: "link", tokenIn: "path" });
  const add = async (options: string[], url: string, given: object) => {
    const name = `mail-${randomUUID().slice(0, 8)}`;
    const all = [
      "identities",
      "add",
      "--name",
      name,
      "--url",
      `${url}/home`,
      "--credentials-stdin",
      ...options,
    ];
    await command(all, { username: ada.username, ...given });
    return name;
  };
  const outcomes = [];
  for (const identityId of [
    await add([], codeSite.url, { password: ada.password, mailbox }),
    await add(["--no-password"], linkSite.url, { mailbox }),
    await add([], codeSite.url, { password: ada.password, mailbox: { ...mailbox, security: "starttls" } }),
  ]) {
    const { outcome } = await run({ flow: "trial/look", identityId, codeTimeoutMs: 5_000 });
    outcomes.push(outcome?.status === "failed" ? outcome.code : outcome?.status);
  }
  mailed.push(linkSite.sent.token);
  return outcomes;
}

/** A server of its own: a key, runs, a code handed in, refusals that were given secrets. */
async function overHttp(good: string): Promise<{ log: string; answered: string }> {
  const added = await latchkey(["keys", "add", "--scope", "submit"], ground.environment);
  apiKey = added.stdout.trim();
  const answered: string[] = [];
  await using server = startCli(["server"], ground.environment);
  await server.says("latchkey is up");
  const [, url = ""] = /"url":"(http[^"]+)"[^\n]*latchkey is up/.exec(server.output()) ?? [];
  const client = createClient({
    url,
    apiKey,
    async fetch(input, init) {
      const response = await fetch(input, init);
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
      if (!isStream) answered.push(await response.clone().text());
      return response;
    },
  });
  const waits = await client.submit("trial/look", {
    identityId: await identity(password, undefined),
    input: { word: visible },
  });
  for await (const event of client.watch(waits)) {
    answered.push(JSON.stringify(event));
    if (event.type !== "waiting_for_code") continue;
    handedOut["a live view's token"] ??= await lookAtRun({ url, apiKey, runId: waits.id });
    await client.handInCode(waits, { code: handedInOverHttp });
  }
  assert.equal((await client.get(waits)).status, "failed");
  const admin = (await latchkey(["keys", "add", "--scope", "admin"], ground.environment)).stdout.trim();
  const anchor = await callAnchor({
    url,
    apiKey: admin,
    siteUrl: site.url,
    secrets: {
      username,
      password,
      totp: `otpauth://totp/x?secret=${totpSecret}&period=${periodSeconds}&digits=8`,
      custom,
      signalled,
      proxyPassword,
    },
  });
  answered.push(...anchor.answered);
  Object.assign(handedOut, anchor.handedOut);
  const prefactor = await callPrefactor({
    url,
    apiKey: admin,
    secrets: { password, totp: `otpauth://totp/x?secret=${totpSecret}&period=${periodSeconds}&digits=8` },
  });
  answered.push(...prefactor);
  const kratos = await callKratos({
    url,
    apiKey: admin,
    secrets: {
      password,
      totp: `otpauth://totp/x?secret=${totpSecret}&period=${periodSeconds}&digits=8`,
      hash: importedHash,
      backupCode,
    },
  });
  answered.push(...kratos.answered);
  Object.assign(handedOut, kratos.handedOut);
  const connected = await connectByForms({
    parts: ground.parts,
    url,
    siteUrl: site.url,
    credentials: { username, password, wrongPassword },
    code: () => generate({ secret: totpSecret, period: periodSeconds, digits: 8 }),
  });
  Object.assign(handedOut, connected);
  const refused = [
    client.submit("trial/look", { identityId: good, input: { word: { password } } }),
    client.handInCode(waits, { code: handedInOverHttp }),
    client.get(password),
  ];
  for (const { status } of await Promise.allSettled(refused)) assert.equal(status, "rejected");
  await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${apiKey.slice(0, -1)}x` } });
  server.child.kill("SIGTERM");
  await server.ended();
  return { log: server.output(), answered: answered.join("\n") };
}

/** Through the queue, with a trace, to its end. */
async function run(job: JobInput, { cancel = false, handsIn = false } = {}): Promise<Run> {
  const { parts } = ground;
  const { database, runs } = await parts.store();
  const { queue } = await parts.queueing();
  const runId = await submit(parts, { ...job, trace: true, webhookUrl: receiver.url });
  return ended(parts, runId, async (event) => {
    if (cancel && event.type === "stage" && event.stage === "flow")
      await cancelRun({ database, runs, queue }, "default", runId);
    if (handsIn && event.type === "waiting_for_code") {
      const { stdout, stderr } = await latchkey(["code", runId], ground.environment, { stdin: handedIn });
      assert.match(stdout, /handed in/, stderr);
    }
  });
}

async function whileSwitched<T>(
  switches: Partial<PracticeSite["switches"]>,
  work: () => Promise<T>,
): Promise<T> {
  const calm = { ...site.switches };
  Object.assign(site.switches, switches);
  try {
    return await work();
  } finally {
    Object.assign(site.switches, calm);
  }
}
