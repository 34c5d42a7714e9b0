import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewApplication } from "../../src/identity/applications.ts";
import { emailAddressesOf, maskedAddress } from "../../src/identity/email-addresses.ts";
import { presets } from "../../src/identity/traits/ruleset.ts";
import type { NewCredential } from "../../src/identity/types.ts";
import { Secret } from "../../src/secret.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

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
    const { identities } = await add({}, { username: "two", second: "TWO+x@post.test" });
    await add({}, { email: "one+x@post.test" });
    expect(await identities.isAnothersAddress(one.id, "one+x@post.test")).toBe(true);
    expect(await identities.isAnothersAddress(one.id, "two+x@post.test")).toBe(true);
    expect(await identities.isAnothersAddress(one.id, "one@post.test")).toBe(false);
    expect(await identities.isAnothersAddress(one.id, "nobody@post.test")).toBe(false);
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
