import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApplications } from "../../src/identity/applications/applications.ts";
import type { Identities } from "../../src/identity/identities.ts";
import { ensureProject } from "../../src/identity/projects.ts";
import type { Actor, NewCredential } from "../../src/identity/types.ts";
import { Secret } from "../../src/secret.ts";
import { failureOf } from "../support/failure-of.ts";
import { newIdentity, openTestIdentities, type TestIdentities } from "../support/identities.ts";

const actor: Actor = { name: "cli:ada" };
let open: TestIdentities;
let identities: Identities;
beforeAll(async () => {
  open = await openTestIdentities();
  identities = open.identities;
});
afterAll(() => open[Symbol.asyncDispose]());

const everything: NewCredential[] = [
  { type: "username_password", username: new Secret("user-of-ada"), password: new Secret("pa55word-of-ada") },
  { type: "authenticator", secret: new Secret("jbsw y3dp ehpk 3pxp"), digits: 8 },
  { type: "custom", fields: { pin: new Secret("4711-pin"), answer: new Secret("first-pet") } },
];

describe("a new identity", () => {
  test("is found by id and by name, shows what it has, and not what that is", async () => {
    const made = await identities.create(
      "default",
      newIdentity({
        name: "Ada's bank",
        allowedDomains: ["SSO-Example.org"],
        maxSessions: 3,
        metadata: { team: { name: "red" } },
        provider: "local",
        proxyServer: "socks5://10.0.0.1:1080",
        credentials: everything,
      }),
      actor,
    );
    expect(made).toMatchObject({
      project: "default",
      name: "Ada's bank",
      applicationId: null,
      sourceUrl: "https://app.example.com/home",
      allowedDomains: ["sso-example.org"],
      maxSessions: 3,
      metadata: { team: { name: "red" } },
      provider: "local",
      proxyServer: "socks5://10.0.0.1:1080",
      status: "pending",
      statusReason: null,
      stateCapturedAt: null,
      credentialsVersion: 1,
      credentials: [
        { type: "username_password" },
        { type: "custom", fields: ["pin", "answer"] },
        { type: "authenticator", algorithm: "sha1", digits: 8, periodSeconds: 30 },
      ],
    });
    expect(made.createdAt).toBeInstanceOf(Date);
    expect(await identities.get("default", made.id)).toEqual(made);
    expect(await identities.get("default", "Ada's bank")).toEqual(made);
    expect(JSON.stringify(made)).not.toMatch(/pa55word|JBSW|4711|first-pet/i);
  });

  test("without a name gets one from its site", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    expect(made.name).toBe(`example.com ${made.id.slice(-8)}`);
  });

  test("keeps nothing secret in the clear in the database", async () => {
    await identities.create("default", newIdentity({ credentials: everything }), actor);
    const { rows } = await sql<{ everything: string }>`
      select string_agg(encode(c.sealed, 'escape') || c.summary::text || i::text, '') as everything
      from credentials c join identities i on i.id = c.identity_id
    `.execute(open.db.database.kysely);
    expect(rows[0]?.everything).toContain("app.example.com");
    expect(rows[0]?.everything).not.toMatch(/pa55word|JBSW|4711|first-pet|user-of-ada/i);
  });

  test("cannot have the name of another", async () => {
    await identities.create("default", newIdentity({ name: "taken" }), actor);
    const failure = await failureOf(identities.create("default", newIdentity({ name: "taken" }), actor));
    expect(failure.code).toBe("conflict");
  });

  test("needs a project and an application that are there", async () => {
    expect((await failureOf(identities.create("nowhere", newIdentity(), actor))).code).toBe("not_found");
    const failure = await failureOf(
      identities.create("default", newIdentity({ applicationId: randomUUID() }), actor),
    );
    expect(failure.code).toBe("not_found");
  });

  test("is not there for another project", async () => {
    await ensureProject(open.db.database, "other");
    await ensureProject(open.db.database, "other");
    const made = await identities.create("other", newIdentity({ name: "elsewhere" }), actor);
    for (const which of [made.id, made.name]) {
      expect((await failureOf(identities.get("default", which))).code).toBe("unknown_identity");
    }
    expect((await failureOf(identities.update("default", made.id, {}, actor))).code).toBe("unknown_identity");
    expect((await failureOf(identities.remove("default", made.id, actor))).code).toBe("unknown_identity");
    expect(await identities.audit("default", made.id)).toEqual([]);
    expect(await identities.audit("default", made.name)).toEqual([]);
  });
});

describe("bad input", () => {
  test("is refused with all its faults at once, by place, and no value", async () => {
    const surprise = { surprise: "SECRET" };
    const failure = await failureOf(
      identities.create(
        "default",
        {
          ...newIdentity({
            name: " leading",
            sourceUrl: "http://example.com/SECRET-in-url",
            allowedDomains: ["https://example.com", "co.uk", "login.example.com"],
            maxSessions: 0,
            proxyServer: "http://user:SECRET@proxy:1",
            credentials: [
              { type: "username_password", username: new Secret("SECRET-name"), password: new Secret("") },
              { type: "authenticator", secret: new Secret("SECRET0189"), digits: 9 },
              { type: "custom", fields: {} },
            ],
          }),
          ...surprise,
        },
        actor,
      ),
    );
    expect(failure.code).toBe("invalid_argument");
    const places = failure.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim().replace(/:.*/, ""));
    expect(new Set(places)).toEqual(
      new Set([
        "name",
        "sourceUrl",
        "allowedDomains.0",
        "allowedDomains.1",
        "allowedDomains.2",
        "maxSessions",
        "proxyServer",
        "credentials.0.password",
        "credentials.1.digits",
        "credentials.2.fields",
        "identity",
      ]),
    );
    expect(failure.message).not.toContain("SECRET");
  });

  test.each([
    ["an authenticator that is not base32", [{ type: "authenticator", secret: new Secret("SECRET0189") }]],
    [
      "two credentials of one type",
      [
        { type: "custom", fields: { a: new Secret("SECRET") } },
        { type: "custom", fields: { b: new Secret("SECRET") } },
      ],
    ],
    [
      "a counter-based authenticator",
      [{ type: "authenticator", secret: new Secret("otpauth://hotp/x?secret=SECRETSECRET&counter=1") }],
    ],
  ] satisfies [string, NewCredential[]][])("such as %s is refused", async (_, credentials) => {
    const failure = await failureOf(identities.create("default", newIdentity({ credentials }), actor));
    expect(failure.code).toBe("invalid_argument");
    expect(failure.message).toMatch(/^ {2}credentials/m);
    expect(failure.message).not.toContain("SECRET");
  });

  test.each([
    "ftp://example.com",
    "example.com",
    "http://192.168.0.1/",
    "http://localhost.example.com/",
    "http://127.0.0.1.example.com/",
    "https://user@example.com/",
    "javascript:alert(1)",
  ])("such as the source URL %s is refused", async (sourceUrl) => {
    const failure = await failureOf(identities.create("default", newIdentity({ sourceUrl }), actor));
    expect(failure.message).toMatch(/^ {2}sourceUrl: /m);
  });

  test.each([
    "http://localhost:3000/",
    "http://app.localhost/",
    "http://127.8.9.10:81/",
    "http://[::1]:8080/x",
    "https://example.com:8443/a?b#c",
  ])("does not include %s", async (sourceUrl) => {
    expect(await identities.create("default", newIdentity({ sourceUrl }), actor)).toMatchObject({
      sourceUrl,
    });
  });

  test.each([randomUUID(), "", "a\nb", "a\u200bb", "x".repeat(101)])(
    "such as the name %j is refused",
    async (name) => {
      const failure = await failureOf(identities.create("default", newIdentity({ name }), actor));
      expect(failure.message).toMatch(/^ {2}name: /m);
    },
  );
});

describe("revealing credentials", () => {
  test("gives what was stored, writes down who asked, and teaches the redactor", async () => {
    const made = await identities.create("default", newIdentity({ credentials: everything }), actor);
    const runId = randomUUID();
    const revealed = await identities.revealCredentials(made.id, { name: "worker:one", runId });
    expect(revealed.usernamePassword?.username.reveal()).toBe("user-of-ada");
    expect(revealed.usernamePassword?.password?.reveal()).toBe("pa55word-of-ada");
    expect(revealed.authenticator).toMatchObject({ algorithm: "sha1", digits: 8, periodSeconds: 30 });
    expect(revealed.authenticator?.secret.reveal()).toBe("JBSWY3DPEHPK3PXP");
    expect(Object.keys(revealed.custom ?? {})).toEqual(["pin", "answer"]);
    expect(revealed.custom?.["pin"]?.reveal()).toBe("4711-pin");
    expect(await identities.audit("default", made.id)).toMatchObject([
      { action: "credentials.revealed", actor: "worker:one", runId },
      { action: "identity.created", actor: "cli:ada", runId: null },
    ]);
    expect(open.redactor.scrub("pa55word-of-ada JBSWY3DPEHPK3PXP 4711-pin first-pet")).toBe(
      "[redacted] [redacted] [redacted] [redacted]",
    );
  });

  test("gives nothing where nothing can be written down", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    const { kysely } = open.db.database;
    await sql`alter table audit add constraint full_up check (actor <> 'nobody')`.execute(kysely);
    await expect(identities.revealCredentials(made.id, { name: "nobody" })).rejects.toThrow("full_up");
    await sql`alter table audit drop constraint full_up`.execute(kysely);
  });

  test("of an identity that is not there says so", async () => {
    const failure = await failureOf(identities.revealCredentials(randomUUID(), actor));
    expect(failure.code).toBe("unknown_identity");
  });

  test("fails when a record was copied over from another identity", async () => {
    const [ada, eve] = [
      await identities.create("default", newIdentity(), actor),
      await identities.create("default", newIdentity(), actor),
    ];
    const { kysely } = open.db.database;
    await sql`
      update credentials set sealed = (select sealed from credentials where identity_id = ${ada.id})
      where identity_id = ${eve.id}
    `.execute(kysely);
    expect((await failureOf(identities.revealCredentials(eve.id, actor))).code).toBe("key_unavailable");
    await sql`
      update identities set data_key = (select data_key from identities where id = ${ada.id}) where id = ${eve.id}
    `.execute(kysely);
    expect((await failureOf(identities.revealCredentials(eve.id, actor))).code).toBe("key_unavailable");
  });
});

describe("an update", () => {
  test("of names and limits leaves status, credentials and saved state alone", async () => {
    const made = await identities.create("default", newIdentity({ metadata: { a: 1, b: 2 } }), actor);
    await identities.setStatus(made.id, "validated", null);
    await using lease = await open.leases.acquire(made.id);
    await identities.saveState(made.id, { cookies: [], origins: [], sessionStorage: {} }, lease.fence);
    const updated = await identities.update(
      "default",
      made.id,
      { name: `renamed ${made.id}`.slice(0, 40), maxSessions: 2, metadata: { c: 3 }, proxyServer: null },
      actor,
    );
    expect(updated).toMatchObject({
      status: "validated",
      maxSessions: 2,
      metadata: { c: 3 },
      credentialsVersion: 1,
      credentials: [{ type: "username_password" }],
    });
    expect(updated.stateCapturedAt).toBeInstanceOf(Date);
    expect(updated.updatedAt.getTime()).toBeGreaterThan(made.updatedAt.getTime());
  });

  test("of credentials replaces those of the type, starts over, and clears the saved state", async () => {
    const made = await identities.create("default", newIdentity({ credentials: everything }), actor);
    await identities.setStatus(made.id, "failed", "invalid_credentials");
    await using lease = await open.leases.acquire(made.id);
    await identities.saveState(made.id, { cookies: [], origins: [], sessionStorage: {} }, lease.fence);
    const updated = await identities.update(
      "default",
      made.id,
      {
        credentials: [
          { type: "username_password", username: new Secret("ada"), password: new Secret("the new one") },
        ],
        removeCredentials: ["custom"],
      },
      actor,
    );
    expect(updated).toMatchObject({
      status: "pending",
      statusReason: null,
      stateCapturedAt: null,
      credentialsVersion: 2,
      credentials: [{ type: "username_password" }, { type: "authenticator" }],
    });
    const revealed = await identities.revealCredentials(made.id, actor);
    expect(revealed.usernamePassword?.password?.reveal()).toBe("the new one");
    expect(revealed.custom).toBeUndefined();
    expect(await identities.loadState(made.id)).toBeNull();
    expect((await identities.audit("default", made.id)).map(({ action }) => action)).toContain(
      "credentials.replaced",
    );
  });

  test("of the source URL starts over too", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    await identities.setStatus(made.id, "validated", null);
    const same = await identities.update("default", made.id, { sourceUrl: made.sourceUrl }, actor);
    expect(same.status).toBe("validated");
    const moved = await identities.update("default", made.id, { sourceUrl: "https://example.org/" }, actor);
    expect(moved).toMatchObject({ status: "pending", sourceUrl: "https://example.org/" });
  });

  test("that fails changes nothing", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    await identities.create("default", newIdentity({ name: "in the way" }), actor);
    const failure = await failureOf(
      identities.update(
        "default",
        made.id,
        {
          name: "in the way",
          credentials: [{ type: "custom", fields: { a: new Secret("b") } }],
        },
        actor,
      ),
    );
    expect(failure.code).toBe("conflict");
    expect(await identities.get("default", made.id)).toEqual(made);
  });
});

describe("a status", () => {
  test("found out about credentials that were replaced meanwhile is not held against the new ones", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    const credentials = newIdentity().credentials;
    const updated = await identities.update("default", made.id, { credentials }, actor);
    expect(
      await identities.setStatus(
        made.id,
        "failed",
        "invalid_credentials",
        undefined,
        made.credentialsVersion,
      ),
    ).toBe(false);
    expect((await identities.get("default", made.id)).status).toBe("pending");
    expect(
      await identities.setStatus(made.id, "validated", null, undefined, updated.credentialsVersion),
    ).toBe(true);
    expect((await identities.get("default", made.id)).status).toBe("validated");
  });

  test("is not written behind a void fence, nor to an identity that is not there", async () => {
    const made = await identities.create("default", newIdentity(), actor);
    const lease = await open.leases.acquire(made.id);
    expect(await identities.setStatus(made.id, "validated", null, lease.fence)).toBe(true);
    await lease.release();
    const late = await failureOf(identities.setStatus(made.id, "failed", "late", lease.fence));
    expect(late.code).toBe("lease_lost");
    expect((await identities.get("default", made.id)).status).toBe("validated");
    expect((await failureOf(identities.setStatus(randomUUID(), "failed", null))).code).toBe(
      "unknown_identity",
    );
  });
});

describe("listing", () => {
  test("goes page by page in the order of names, by metadata, status and application", async () => {
    await ensureProject(open.db.database, "listed");
    const application = await createApplications({ db: open.db.database }).create(
      "listed",
      { name: "shop", url: "https://shop.example/" },
      actor,
    );
    const names = ["c", "a", "e", "b", "d"];
    for (const [n, name] of names.entries()) {
      await identities.create(
        "listed",
        newIdentity({
          name,
          metadata: { odd: n % 2 === 1, deep: { n } },
          applicationId: n < 2 ? application.id : null,
        }),
        actor,
      );
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await identities.list("listed", { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toEqual([["a", "b"], ["c", "d"], ["e"]]);

    const named = async (filter: Parameters<Identities["list"]>[1]) =>
      (await identities.list("listed", filter)).items.map(({ name }) => name);
    expect(await named({ metadata: { odd: true } })).toEqual(["a", "b"]);
    expect(await named({ metadata: { deep: { n: 2 } } })).toEqual(["e"]);
    expect(await named({ applicationId: application.id })).toEqual(["a", "c"]);
    expect(await named({ status: "validated" })).toEqual([]);
    expect((await failureOf(identities.list("listed", { cursor: "nonsense" }))).code).toBe(
      "invalid_argument",
    );
    expect((await failureOf(identities.list("listed", { applicationId: "nonsense" }))).code).toBe(
      "invalid_argument",
    );
  });
});

describe("a removed identity", () => {
  test("is gone with all it held; what was done with it stays written", async () => {
    const made = await identities.create("default", newIdentity({ credentials: everything }), actor);
    await using lease = await open.leases.acquire(made.id);
    await identities.saveState(made.id, { cookies: [], origins: [], sessionStorage: {} }, lease.fence);
    await identities.remove("default", made.id, actor);
    expect((await failureOf(identities.get("default", made.id))).code).toBe("unknown_identity");
    expect((await failureOf(identities.remove("default", made.id, actor))).code).toBe("unknown_identity");
    const { rows } = await sql`
      select 1 from credentials where identity_id = ${made.id}
      union all select 1 from saved_states where identity_id = ${made.id}
    `.execute(open.db.database.kysely);
    expect(rows).toEqual([]);
    expect((await identities.audit("default", made.id)).map(({ action }) => action)).toEqual([
      "identity.removed",
      "identity.created",
    ]);
  });
});
