import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewApplication } from "../../../src/identity/applications/applications.ts";
import { anothersQuery } from "../../../src/identity/records/anothers-addresses.ts";
import { emailAddressesOf, maskedAddress } from "../../../src/identity/records/email-addresses.ts";
import { presets } from "../../../src/identity/traits/ruleset.ts";
import type { NewCredential } from "../../../src/identity/types.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

const actor = { name: "test" };

describe("the e-mail addresses of an identity", () => {
  let ground: TestParts;
  let count = 0;
  beforeAll(async () => {
    ground = await openTestParts();
  });
  afterAll(() => ground[Symbol.asyncDispose]());

  async function add(
    shape: Pick<NewApplication, "traitsSchema" | "ruleset">,
    traits: Record<string, string>,
    credentials: NewCredential[] = [],
  ) {
    const { applications, identities } = await ground.parts.store();
    const name = `pool ${(count += 1)}`;
    const { id: applicationId } = await applications.create("default", { name, url: null, ...shape }, actor);
    const { id } = await identities.create("default", { applicationId, traits, credentials }, actor);
    return { id, identities };
  }

  test("are what it is known by, and what it can be verified by", async () => {
    const { id, identities } = await add(
      { traitsSchema: presets["preset://email"] },
      { email: "Ada@Post.test" },
    );
    expect(await identities.emailAddresses(id)).toEqual(["ada@post.test"]);
    const nameless = await add({ traitsSchema: presets["preset://username"] }, { username: "ada" });
    expect(await identities.emailAddresses(nameless.id)).toEqual([]);
  });

  test("are its pool's e-mail factors, too, whether they identify or not; nothing else that looks like one", async () => {
    const factor = { persistent: true, identifier: false };
    const ruleset = [
      { ...factor, name: "username", type: "username" as const, identifier: true },
      { ...factor, name: "inbox", type: "email" as const },
      { ...factor, name: "password", type: "password" as const },
    ];
    const traits = { username: "ada", inbox: "Ada@post.test", boss: "bob@post.test" };
    const { id, identities } = await add({ ruleset }, traits);
    expect(await identities.emailAddresses(id)).toEqual(["ada@post.test"]);
  });

  test("are not those of a federated login; none are an unknown identity's", async () => {
    const kept: NewCredential = {
      type: "oidc",
      kept: new Secret("{}"),
      identifiers: ["google:ada@post.test"],
    };
    const { id, identities } = await add({}, { username: "ada" }, [kept]);
    expect(await identities.emailAddresses(id)).toEqual([]);
    expect(await identities.emailAddresses(crypto.randomUUID())).toEqual([]);
  });

  test("are another's where another of the project has them, by whichever trait", async () => {
    const one = await add({}, { email: "one@post.test" });
    const { identities } = await add(
      {},
      { username: "two", second: "TWO+x@post.test", Second: "two+y@post.test" },
    );
    await add({}, { email: "one+x@post.test" });
    await add({}, { username: "three", second: "one@bücher.example" });
    await add({}, { username: "four", second: "two@xn--bcher-kva.example" });
    const others = ["one+x@post.test", "two+x@post.test", "two+y@post.test"];
    const asked = ["one@post.test", "nobody@post.test", "one@BÜCHER.example", "two@bücher.example"];
    expect(await identities.anothersAddresses(one.id, [...others, ...asked])).toEqual(
      new Set([...others, "one@xn--bcher-kva.example", "two@xn--bcher-kva.example"]),
    );
    expect(await identities.anothersAddresses(one.id, [])).toEqual(new Set());
  });

  test("are looked for by indexes, however many identities there are", async () => {
    const { id, identities } = await add({}, { email: "indexed@post.test" });
    const { database } = await ground.parts.store();
    await sql`
      insert into identities (id, project, name, source_url, traits, data_key, key_id)
      select gen_random_uuid(), project, 'many ' || n, source_url,
        jsonb_build_object('second', 'many' || n || '@post.test'), data_key, key_id
      from identities, generate_series(1, 20000) n where id = ${id}
    `.execute(database.kysely);
    await sql`analyze identities`.execute(database.kysely);
    const asked = Array.from({ length: 50 }, (_, at) => `many${at + 1}@post.test`);
    expect((await identities.anothersAddresses(id, asked)).size).toBe(50);
    const { rows } = await sql<
      Record<string, string>
    >`explain ${anothersQuery({ id, addresses: asked })}`.execute(database.kysely);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toContain("Bitmap Heap Scan on identities");
    expect(plan).not.toMatch(/Seq Scan on identities /);
  });

  test("may arrive on a mail server that another identity of the project has a mailbox on", async () => {
    const mailbox = (host: string): NewCredential => ({
      type: "mailbox",
      host,
      username: new Secret("codes"),
      password: new Secret("marsh-Lapwing-2291"),
    });
    const { id, identities } = await add({}, { email: "x@post.test" }, [mailbox("imap.one.example")]);
    expect(await identities.sharesMailServer(id, "imap.one.example")).toBe(false);
    await add({}, { email: "y@post.test" }, [mailbox("IMAP.one.example")]);
    expect(await identities.sharesMailServer(id, "Imap.one.example")).toBe(true);
    expect(await identities.sharesMailServer(id, "imap.two.example")).toBe(false);
  });
});

test("the address that somebody signs in with comes first, each once", () => {
  const identity = {
    identifiers: [
      { kind: "password", value: "ada@example.org" },
      { kind: "code", value: "code@example.org" },
    ] as const,
    addresses: ["work@example.org", "code@example.org"],
    factors: ["Ada@Example.org"],
  };
  const known = ["code@example.org", "ada@example.org", "work@example.org"];
  expect(emailAddressesOf({ ...identity, loginName: "ada" })).toEqual(known);
  expect(emailAddressesOf({ ...identity, loginName: " ADA@example.org " })[0]).toBe("ada@example.org");
});

test.each([
  ["ada@example.org", "a***@example.org"],
  ["a@example.org", "***@example.org"],
  ["ätzend@bücher.example", "ä***@bücher.example"],
  ["🦊fox@example.org", "🦊***@example.org"],
])("%s is shown as %s", (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});
