import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Failure } from "../../../src/failure.ts";
import type { Application } from "../../../src/identity/applications/application-rows.ts";
import { type Applications, createApplications } from "../../../src/identity/applications/applications.ts";
import { applicationOfSchema } from "../../../src/identity/applications/schema-applications.ts";
import { rulesetOf, schemaDocumentOf } from "../../../src/identity/applications/schema-of.ts";
import { canReauthenticate } from "../../../src/identity/credentials/can-reauthenticate.ts";
import type { Identities } from "../../../src/identity/identities.ts";
import type { Actor, Identity } from "../../../src/identity/types.ts";
import { Secret } from "../../../src/secret.ts";
import { failureOf } from "../../support/failure-of.ts";
import { openTestIdentities, type TestIdentities } from "../../support/identities.ts";

const actor: Actor = { name: "cli:ada" };
const project = "default";
let open: TestIdentities;
let identities: Identities;
let applications: Applications;
let preset: Application;
let shop: Application;
beforeAll(async () => {
  open = await openTestIdentities();
  ({ identities } = open);
  applications = createApplications({ db: open.db.database });
  preset = await applicationOfSchema(applications, { project, schemaId: "preset://email", actor });
  shop = await applications.create(project, { name: "shop", url: "https://shop.example.com/login" }, actor);
});
afterAll(() => open[Symbol.asyncDispose]());

let count = 0;
/** Nobody else's in this file. */
const newEmail = () => `Ada.${(count += 1)}@Example.org`;

async function make(
  more: Partial<Parameters<Identities["create"]>[1]> = {},
  application: Application = preset,
): Promise<Identity> {
  return await identities.create(
    project,
    { applicationId: application.id, traits: { email: newEmail() }, credentials: [], ...more },
    actor,
  );
}

describe("traits", () => {
  test("stay as they were written, and make the identity known by what is normalised of them", async () => {
    const email = newEmail();
    const made = await make({ traits: { email, name: { first: "Ada" } } });
    const value = email.toLowerCase();
    expect(made).toMatchObject({
      traits: { email, name: { first: "Ada" } },
      loginName: email,
      identifiers: [{ kind: "password", value }],
      state: "active",
      sourceUrl: null,
      metadata: null,
    });
    expect(
      made.addresses.map(({ purpose, via, value: of, verified, status }) => [
        purpose,
        via,
        of,
        verified,
        status,
      ]),
    ).toEqual([
      ["verification", "email", value, false, "pending"],
      ["recovery", "email", value, false, "pending"],
    ]);
    expect(await identities.get(project, made.id)).toEqual(made);
  });

  test("that the schema does not allow are refused with every fault, and nothing is made", async () => {
    const before = await identities.count(project);
    const failure = await failureOf(make({ traits: { email: 7, department: "IT" } }));
    expect(failure.code).toBe("invalid_traits");
    expect(failure.message).toContain("expected string, but got number");
    expect(failure.message).toContain('additionalProperties "department" not allowed');
    expect(await identities.count(project)).toBe(before);
  });

  test("may not be another's of the application, however they are written; in another application they may", async () => {
    const email = newEmail();
    await make({ traits: { email } });
    const failure = await failureOf(make({ traits: { email: ` ${email.toUpperCase()} `.trim() } }));
    expect(failure.code).toBe("conflict");
    expect((await make({ traits: { email } }, shop)).loginName).toBe(email);
  });

  test("that change move the addresses with them, and what stays keeps its id and what is known of it", async () => {
    const email = newEmail();
    const made = await make({
      traits: { email },
      addresses: [{ purpose: "verification", via: "email", value: email.toUpperCase(), verified: true }],
    });
    expect(made.addresses[0]).toMatchObject({ purpose: "verification", verified: true, status: "completed" });
    const renamed = await identities.update(
      project,
      made.id,
      { traits: { email, name: { last: "L." } } },
      actor,
    );
    expect(renamed.addresses).toEqual(made.addresses);
    const other = newEmail();
    const moved = await identities.update(project, made.id, { traits: { email: other } }, actor);
    expect(moved.addresses.map(({ value, verified }) => [value, verified])).toEqual([
      [other.toLowerCase(), false],
      [other.toLowerCase(), false],
    ]);
    expect(moved.addresses[0]?.id).not.toBe(made.addresses[0]?.id);
    // And what it was known by is free.
    expect((await make({ traits: { email } })).loginName).toBe(email);
  });

  test("need no schema of the application's own: e-mail address and username are known without", async () => {
    const made = await make({ traits: { username: "Lovelace", team: ["a", "b"] } }, shop);
    expect(made.identifiers).toEqual([{ kind: "password", value: "lovelace" }]);
    expect(made.loginName).toBe("Lovelace");
    expect(made.sourceUrl).toBe("https://shop.example.com/login");
  });
});

test("what is known of a phone number is known however it is written", async () => {
  const phone = (via: string) => ({
    type: "string",
    format: "tel",
    "ory.sh/kratos": { verification: { via } },
  });
  const traitsSchema = {
    type: "object",
    properties: { traits: { type: "object", properties: { zeta: { type: "string" }, phone: phone("sms") } } },
  };
  const callers = await applications.create(project, { name: "callers", url: null, traitsSchema }, actor);
  const made = await make(
    {
      traits: { phone: "+49 30 901820" },
      addresses: [{ purpose: "verification", via: "sms", value: "+49 (30) 90-1820", verified: true }],
    },
    callers,
  );
  expect(made.addresses).toMatchObject([{ value: "+4930901820", verified: true }]);
  // And the schema is as it was written, its order too.
  const { traitsSchema: stored } = await applications.get(project, callers.id);
  expect(JSON.stringify(stored)).toBe(JSON.stringify(traitsSchema));
});

describe("a login name", () => {
  test("is typed where the password came without a username, and a new one starts the identity over", async () => {
    const email = newEmail();
    const made = await make({
      traits: { email },
      credentials: [{ type: "username_password", password: new Secret("pa55word-of-ada") }],
    });
    const revealed = await identities.revealCredentials(made.id, actor);
    expect(revealed.usernamePassword?.username.reveal()).toBe(email);
    expect(revealed.usernamePassword?.password?.reveal()).toBe("pa55word-of-ada");

    await identities.setStatus(made.id, "validated", null);
    const same = await identities.update(
      project,
      made.id,
      { traits: { email, name: { first: "A" } } },
      actor,
    );
    expect(same).toMatchObject({ status: "validated", credentialsVersion: 1 });
    const other = newEmail();
    const changed = await identities.update(project, made.id, { traits: { email: other } }, actor);
    expect(changed).toMatchObject({ status: "pending", credentialsVersion: 2 });
    expect((await identities.revealCredentials(made.id, actor)).usernamePassword?.username.reveal()).toBe(
      other,
    );
  });

  test("is needed by a password without a username", async () => {
    const failure = await failureOf(
      make({ traits: {}, credentials: [{ type: "username_password", password: new Secret("x") }] }, shop),
    );
    expect(failure).toMatchObject({ code: "invalid_argument" });
    expect(failure.message).toContain("credentials.0.username");
  });
});

describe("a password that is changed without a username", () => {
  test("stays that of the username it was stored with", async () => {
    const own = { username: new Secret("ada-login"), password: new Secret("old") };
    const made = await make({ credentials: [{ type: "username_password", ...own }] });
    const change = { credentials: [{ type: "username_password" as const, password: new Secret("new") }] };
    await identities.update(project, made.id.toUpperCase(), change, actor);
    const { usernamePassword: held } = await identities.revealCredentials(made.id, actor);
    expect([held?.username.reveal(), held?.password?.reveal()]).toEqual(["ada-login", "new"]);
    // And of the trait, where it was taken away before.
    await identities.update(project, made.id, { ...change, removeCredentials: ["username_password"] }, actor);
    const after = await identities.revealCredentials(made.id, actor);
    expect(after.usernamePassword?.username.reveal()).toBe(made.loginName);
  });
});

describe("what comes at once", () => {
  test("changes that look at what there is lose nothing of each other", async () => {
    const made = await make({ traits: { username: "counter", seen: [] } }, shop);
    const add = (name: string) =>
      identities.update(
        project,
        made.id,
        ({ traits }) => ({ traits: { ...traits, seen: [...(traits["seen"] as string[]), name] } }),
        actor,
      );
    await Promise.all(["a", "b", "c", "d", "e", "f"].map(add));
    const { traits } = await identities.get(project, made.id);
    expect((traits["seen"] as string[]).toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  test("changes of applications and of their identities never stand in each other's way", async () => {
    const busy = await applications.create(
      project,
      { name: "busy", url: "https://busy.example.com/" },
      actor,
    );
    const made = await Promise.all([0, 1, 2, 3].map(() => make({}, busy)));
    await Promise.all(
      Array.from({ length: 10 }, (_, turn) => [
        ...made.map(({ id }) => identities.update(project, id, { metadata: { turn } }, actor)),
        applications.update(project, busy.id, { url: `https://busy.example.com/${turn}` }, actor),
      ]).flat(),
    );
    const emails = [newEmail(), newEmail()];
    const [first, second] = await Promise.all(emails.map((email) => make({ traits: { email } }, busy)));
    expect.assert(first !== undefined && second !== undefined);
    // Each wants what the other has: both are refused, or one is first; nobody waits for the other for ever.
    const swapped = await Promise.allSettled([
      identities.update(project, first.id, { traits: { email: emails[1] } }, actor),
      identities.update(project, second.id, { traits: { email: emails[0] } }, actor),
    ]);
    const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
      results.flatMap((one) => (one.status === "rejected" ? [(one.reason as Failure).code] : []));
    expect(codes(swapped).filter((code) => code !== "conflict")).toEqual([]);
    const leaving = Promise.allSettled(
      made.map(({ id }) => identities.update(project, id, { traits: { email: newEmail() } }, actor)),
    );
    await applications.remove(project, busy.id, actor, { cascade: true });
    const gone = codes(await leaving);
    expect(gone.filter((code) => code !== "unknown_identity" && code !== "not_found")).toEqual([]);
    expect(await applications.find(project, { name: "busy" })).toBeUndefined();
  });
});

describe("what is too long to be found by", () => {
  test("is refused with its place; what only has to be shown is taken", async () => {
    const long = "\u6f22".repeat(400);
    const nick = { type: "string", "ory.sh/kratos": { credentials: { password: { identifier: true } } } };
    const unbounded = await applications.create(
      project,
      {
        name: "unbounded",
        url: null,
        traitsSchema: { properties: { traits: { properties: { nick } } } },
      },
      actor,
    );
    expect(await failureOf(make({ traits: { nick: long } }, unbounded))).toMatchObject({
      code: "invalid_traits",
      details: [{ path: "traits.nick" }],
    });
    const credentials = [{ type: "oidc" as const, kept: new Secret("{}"), identifiers: [long] }];
    expect((await failureOf(make({ credentials }))).code).toBe("invalid_argument");
    const shown = await make({ traits: {}, displayName: long.repeat(2) }, unbounded);
    expect(shown.displayName).toHaveLength(800);
  });
});

describe("an identity that moves to another application", () => {
  test("takes its logins elsewhere along, and leaves none behind", async () => {
    const credentials = [{ type: "oidc" as const, kept: new Secret("{}"), identifiers: ["github:mover"] }];
    const made = await make({ credentials, traits: { username: "mover" } }, shop);
    const target = await applications.create(
      project,
      { name: "target", url: "https://t.example.com/" },
      actor,
    );
    const moved = await identities.update(project, made.id, { applicationId: target.id }, actor);
    expect(moved.identifiers).toEqual([
      { kind: "oidc", value: "github:mover" },
      { kind: "password", value: "mover" },
    ]);
    expect((await failureOf(make({ credentials }, target))).code).toBe("conflict");
    await make({ credentials, traits: { username: "mover" } }, shop);
  });
});

describe("what is only kept", () => {
  test("a hash takes a password's place and cannot sign in; a password takes the hash's", async () => {
    const made = await make({
      credentials: [{ type: "password_hash", kept: new Secret('{"hashed_password":"$2a$10$x"}') }],
    });
    expect(made.credentials).toEqual([{ type: "password_hash", isKeptOnly: true }]);
    expect(canReauthenticate(made)).toMatchObject({ can: false, reason: expect.stringContaining("hash") });
    expect((await identities.revealCredentials(made.id, actor)).kept?.password_hash?.reveal()).toContain(
      "$2a$10$x",
    );

    const usable = await identities.update(
      project,
      made.id,
      { credentials: [{ type: "username_password", password: new Secret("pa55word-of-ada") }] },
      actor,
    );
    expect(usable.credentials).toEqual([{ type: "username_password" }]);
    expect(Object.keys(usable.credentialTimes)).toEqual(["username_password"]);
  });

  test("logins elsewhere make it known by their identifiers, once in an application and told apart by case", async () => {
    const oidc = (subject: string) => ({
      type: "oidc" as const,
      kept: new Secret("{}"),
      identifiers: [`google:${subject}`],
    });
    const made = await make({ credentials: [oidc("Sub")] });
    expect(made.identifiers).toContainEqual({ kind: "oidc", value: "google:Sub" });
    expect((await failureOf(make({ credentials: [oidc("Sub")] }))).code).toBe("conflict");
    await make({ credentials: [oidc("sub")] });
    const found = await identities.page(project, {
      limit: 9,
      identifier: { value: "google:Sub", isPrefix: false },
    });
    expect(found.items.map(({ id }) => id)).toEqual([made.id]);
    await identities.update(project, made.id, { removeCredentials: ["oidc"] }, actor);
    await make({ credentials: [oidc("Sub")] });
  });
});

describe("finding", () => {
  test("by external id, which is one identity's of the project", async () => {
    const made = await make({ externalId: "crm-1" });
    expect((await identities.getByExternalId(project, "crm-1")).id).toBe(made.id);
    const failure = await failureOf(make({ externalId: "crm-1" }, shop));
    expect(failure.code).toBe("conflict");
    expect(failure.message).toContain("crm-1");
    expect((await failureOf(identities.getByExternalId(project, "crm-2"))).code).toBe("unknown_identity");
  });

  test("page by page, each once, in the order they were made", async () => {
    const made: string[] = [];
    for (let i = 0; i < 7; i += 1) made.push((await make({}, shop)).id);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const { items, hasMore } = await identities.page(project, { limit: 3, after });
      seen.push(...items.map(({ id }) => id));
      after = items.at(-1)?.id;
      if (!hasMore) break;
    }
    expect(seen.filter((id) => made.includes(id))).toEqual(made);
    expect(new Set(seen).size).toBe(await identities.count(project));
  });

  test("by an identifier or its beginning, however it is written, and without surprises in what it holds", async () => {
    const made = await make({ traits: { username: "Grace_Hopper%" } }, shop);
    await make({ traits: { username: "gracexhopperx" } }, shop);
    const find = async (value: string, isPrefix = false) =>
      (await identities.page(project, { limit: 9, identifier: { value, isPrefix } })).items.map(
        ({ id }) => id,
      );
    expect(await find(" GRACE_HOPPER% ")).toEqual([made.id]);
    expect(await find("grace_")).toEqual([]);
    expect(await find("grace_", true)).toEqual([made.id]);
  });

  test("of a pool, sorted by what they are shown as, and how many there are also past the end", async () => {
    const pool = await applications.create(project, { name: "pool", url: null }, actor);
    for (const username of ["c", "a", "b"]) await make({ traits: { username } }, pool);
    const titles = async (direction: "asc" | "desc", offset = 0) => {
      const { items, total } = await identities.ofPool(project, {
        applicationId: pool.id,
        field: "title",
        direction,
        offset,
        limit: 2,
      });
      return [items.map(({ loginName }) => loginName), total];
    };
    expect(await titles("asc")).toEqual([["a", "b"], 3]);
    expect(await titles("desc", 2)).toEqual([["a"], 3]);
    expect(await titles("asc", 9)).toEqual([[], 3]);
  });

  test("of a pool, the same from whichever end its pages are read", async () => {
    const pool = await applications.create(project, { name: "read from both ends", url: null }, actor);
    for (const username of ["d", "b", "f", "a", "g", "c", "e"]) await make({ traits: { username } }, pool);
    for (const field of ["id", "title", "last_seen"] as const)
      for (const direction of ["asc", "desc"] as const) {
        const page = async (offset: number, limit: number) => {
          const query = { applicationId: pool.id, field, direction, offset, limit };
          return (await identities.ofPool(project, query)).items.map(({ loginName }) => loginName);
        };
        const all = await page(0, 100);
        expect(all.length).toBe(7);
        for (let offset = 0; offset <= 8; offset += 1)
          for (const limit of [1, 3, 8])
            expect(await page(offset, limit), `${field} ${direction} ${offset} ${limit}`).toEqual(
              all.slice(offset, offset + limit),
            );
      }
  });
});

describe("a removed identity", () => {
  test("leaves a shell without credentials, and what it was known by is free", async () => {
    const email = newEmail();
    const made = await make({
      traits: { email },
      externalId: "crm-9",
      metadata: { team: "red" },
      credentials: [{ type: "username_password", password: new Secret("pa55word-of-ada") }],
    });
    await identities.remove(project, made.id, actor);
    expect((await failureOf(identities.get(project, made.id))).code).toBe("unknown_identity");
    const shell = await identities.getDeleted(project, made.id);
    expect(shell).toMatchObject({
      id: made.id,
      traits: { email },
      metadata: { team: "red" },
      loginName: email,
    });
    expect(await identities.getDeleted("another", made.id)).toBeUndefined();
    const again = await make({ traits: { email }, externalId: "crm-9" });
    expect(again.id).not.toBe(made.id);
  });
});

describe("a request with a key of its own", () => {
  const idempotency = (key: string, text: string) => {
    const bytes = Buffer.from(text);
    return { key, fingerprint: { bytes, isSame: (stored: Buffer) => stored.equals(bytes) } };
  };

  test("makes one identity, also when it comes twice at once; another request with its key is refused", async () => {
    const email = newEmail();
    const twice = await Promise.all(
      [0, 1].map(() => make({ traits: { email }, idempotency: idempotency("key-1", "same") })),
    );
    expect(new Set(twice.map(({ id }) => id)).size).toBe(1);
    const failure = await failureOf(make({ idempotency: idempotency("key-1", "other") }));
    expect(failure.code).toBe("conflict");
    // What came to nothing may be tried again.
    await failureOf(make({ traits: { email }, idempotency: idempotency("key-2", "x") }));
    await make({ idempotency: idempotency("key-2", "x") });
  });
});

describe("schemas and rulesets", () => {
  test("an application's are its own, or what the other amounts to", () => {
    expect(rulesetOf(preset)).toContainEqual({
      name: "email",
      type: "email",
      identifier: true,
      persistent: true,
    });
    const ruleset = [{ name: "login", type: "username" as const, identifier: true, persistent: true }];
    const document = schemaDocumentOf({ traitsSchema: null, ruleset });
    expect(document).toMatchObject({ properties: { traits: { properties: { login: { type: "string" } } } } });
  });

  test("that contradict each other are refused, together and one after the other", async () => {
    const ruleset = [{ name: "email", type: "email" as const, identifier: true, persistent: true }];
    const traitsSchema = { properties: { traits: { properties: { email: { type: "string" } } } } };
    const both = applications.create(project, { name: "both", url: null, ruleset, traitsSchema }, actor);
    expect((await failureOf(both)).message).toContain('factor "email"');
    const one = await applications.create(project, { name: "both", url: null, ruleset }, actor);
    const other = applications.update(project, one.id, { traitsSchema }, actor);
    expect((await failureOf(other)).code).toBe("invalid_argument");
    expect((await applications.get(project, one.id)).traitsSchema).toBeNull();
  });

  test("that cannot be used are refused with the reason", async () => {
    const failure = await failureOf(
      applications.create(project, { name: "odd", url: null, traitsSchema: { type: 7 } }, actor),
    );
    expect(failure.code).toBe("invalid_argument");
    expect(failure.message).toContain("traitsSchema");
    expect(
      (await failureOf(applicationOfSchema(applications, { project, schemaId: "preset://nothing", actor })))
        .code,
    ).toBe("not_found");
  });

  test("a built-in one becomes one application, whoever asks at once", async () => {
    const made = await Promise.all(
      [0, 1, 2].map(() =>
        applicationOfSchema(applications, { project, schemaId: "preset://username", actor }),
      ),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });
});

test("an application that moves to another site starts those over that sign in where it is", async () => {
  const moving = await applications.create(project, { name: "moving", url: null }, actor);
  const made = await make({}, moving);
  const own = await make({ sourceUrl: "https://own.example.com/" }, moving);
  for (const { id } of [made, own]) await identities.setStatus(id, "validated", null);
  await applications.update(project, moving.id, { url: "https://moved.example.com/" }, actor);
  expect(await identities.get(project, made.id)).toMatchObject({
    sourceUrl: "https://moved.example.com/",
    status: "pending",
    credentialsVersion: 2,
  });
  expect(await identities.get(project, own.id)).toMatchObject({ status: "validated", credentialsVersion: 1 });
});

test("a state that changes is noted with its time, and one that does not is not", async () => {
  const made = await make();
  const same = await identities.update(project, made.id, { state: "active" }, actor);
  expect(same.stateChangedAt).toEqual(made.stateChangedAt);
  const off = await identities.update(project, made.id, { state: "inactive" }, actor);
  expect(off.state).toBe("inactive");
  expect(off.stateChangedAt.getTime()).toBeGreaterThan(made.stateChangedAt.getTime());
  expect(canReauthenticate(off)).toMatchObject({ can: false, reason: "It is inactive." });
});
