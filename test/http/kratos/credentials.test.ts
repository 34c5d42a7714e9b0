import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { openTestApi } from "../../support/api.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const hash = "$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq";
const password = "an imported password, as it is";
const totp = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const everything = ["password", "totp", "lookup_secret", "oidc", "passkey"];

const on = useTestApi();

async function make(passwordConfig: object): Promise<string> {
  const response = await on.api.call({
    method: "POST",
    url: "/identities",
    payload: {
      schema_id: "preset://email",
      traits: { email: `${randomUUID()}@example.org` },
      credentials: {
        password: { config: passwordConfig },
        totp: { config: { totp_url: `otpauth://totp/x?secret=${totp}` } },
        lookup_secret: { config: { codes: [{ code: "a code" }] } },
        oidc: { config: { providers: [{ provider: "github", subject: randomUUID() }] } },
        passkey: { config: { credentials: [{ id: "cGFzc2tleQ" }], user_handle: "aGFuZGxl" } },
      },
    },
  });
  expect(response.statusCode, response.body).toBe(201);
  return response.json<{ id: string }>().id;
}

/** Which configurations a key is shown, of all there are. */
async function shown(
  id: string,
  { key, credentialsRoute }: { key: string; credentialsRoute: "admin" | "credentials" | "off" },
): Promise<string[]> {
  await using other = await openTestApi(on.ground.parts, {
    config: { ...on.api.deps.config, credentialsRoute },
  });
  const query = everything.map((name) => `include_credential=${name}`).join("&");
  const { credentials } = (await other.call({ url: `/identities/${id}?${query}`, key })).json<{
    credentials: Record<string, { config?: object }>;
  }>();
  expect(Object.keys(credentials)).toEqual(everything.toSorted());
  return Object.entries(credentials).flatMap(([name, { config }]) => (config === undefined ? [] : [name]));
}

test("what signs in is shown as LATCHKEY_CREDENTIALS_ROUTE says, what is only kept to those who administer", async () => {
  const plain = await make({ password });
  const hashed = await make({ hashed_password: hash });
  const keys = {
    read: await on.api.addKey("read"),
    admin: await on.api.addKey("admin"),
    credentials: await on.api.addKey("credentials"),
  };
  const all = everything.toSorted();
  const kept = ["oidc", "passkey"];
  const table = [
    { who: "read", credentialsRoute: "admin", plain: [], hashed: [] },
    { who: "admin", credentialsRoute: "admin", plain: all, hashed: all },
    { who: "admin", credentialsRoute: "credentials", plain: kept, hashed: [...kept, "password"] },
    { who: "credentials", credentialsRoute: "credentials", plain: all, hashed: all },
    { who: "credentials", credentialsRoute: "off", plain: kept, hashed: [...kept, "password"] },
  ] as const;
  for (const { who, credentialsRoute, ...expected } of table) {
    const as = { key: keys[who], credentialsRoute };
    expect([await shown(plain, as), await shown(hashed, as)], `${who}, ${credentialsRoute}`).toEqual([
      expected.plain,
      expected.hashed,
    ]);
  }
});

test("no answer holds a password; reading what is stored leaves an entry in the audit, each time", async () => {
  const id = await make({ password });
  const { identities } = await on.ground.parts.store();
  const reads = async () =>
    (await identities.audit("default", id)).filter(({ action }) => action === "credentials.revealed").length;
  const query = everything.map((name) => `include_credential=${name}`).join("&");
  await on.api.call({ url: `/identities/${id}` });
  await on.api.call({ url: `/identities/${id}?${query}`, key: await on.api.addKey("read") });
  expect(await reads()).toBe(0);
  for (const url of [`/identities/${id}?${query}`, `/identities?ids=${id}&${query}`])
    expect((await on.api.call({ url })).body).not.toContain(password);
  expect(await reads()).toBe(2);
  expect(on.ground.logged()).not.toContain(password);
});

test("an imported password and authenticator are the core's own, typed with the trait's text", async () => {
  const id = await make({ password });
  const { identities } = await on.ground.parts.store();
  const { loginName } = await identities.get("default", id);
  const { usernamePassword, authenticator, kept } = await identities.revealCredentials(id, { name: "test" });
  expect(usernamePassword?.username.reveal()).toBe(loginName);
  expect(usernamePassword?.password?.reveal()).toBe(password);
  expect(authenticator?.secret.reveal()).toBe(totp);
  expect(Object.keys(kept ?? {}).toSorted()).toEqual(["backup_codes", "oidc", "webauthn"]);
});

test("PUT adds codes and logins to those there are, and puts a password in the place of a hash", async () => {
  const id = await make({ hashed_password: hash });
  const before = (await on.api.call({ url: `/identities/${id}?include_credential=oidc` })).json<{
    traits: object;
    credentials: { oidc: { identifiers: string[] } };
  }>();
  const subject = `zz${randomUUID()}`;
  const response = await on.api.call({
    method: "PUT",
    url: `/identities/${id}`,
    payload: {
      traits: before.traits,
      credentials: {
        password: { config: { password } },
        lookup_secret: { config: { codes: [{ code: "another code" }] } },
        oidc: { config: { providers: [{ provider: "google", subject }] } },
        passkey: { config: { credentials: [{ id: "cGFzc2tleQ", again: true }, { id: "c2Vjb25k" }] } },
      },
    },
  });
  expect(response.statusCode, response.body).toBe(200);
  const query = everything.map((name) => `include_credential=${name}`).join("&");
  const { credentials } = (await on.api.call({ url: `/identities/${id}?${query}` })).json<{
    credentials: Record<string, { identifiers: string[]; config: object }>;
  }>();
  expect(credentials).toMatchObject({
    password: { config: { hashed_password: expect.stringMatching(/^\$argon2id\$/) } },
    lookup_secret: { config: { recovery_codes: [{ code: "a code" }, { code: "another code" }] } },
    oidc: { identifiers: [...before.credentials.oidc.identifiers, `google:${subject}`] },
    passkey: {
      config: {
        credentials: [{ id: "cGFzc2tleQ", again: true }, { id: "c2Vjb25k" }],
        user_handle: "aGFuZGxl",
      },
    },
  });
});

test("a login elsewhere is one identity's, and free again when that is gone", async () => {
  const subject = randomUUID();
  const payload = (email: string) => ({
    schema_id: "preset://email",
    traits: { email },
    credentials: { oidc: { config: { providers: [{ provider: "github", subject }] } } },
  });
  const create = (email: string) =>
    on.api.call({ method: "POST", url: "/identities", payload: payload(email) });
  const first = await create(`${randomUUID()}@example.org`);
  expect(first.statusCode).toBe(201);
  expect((await create(`${randomUUID()}@example.org`)).statusCode).toBe(409);
  await on.api.call({ method: "DELETE", url: `/identities/${first.json<{ id: string }>().id}` });
  expect((await create(`${randomUUID()}@example.org`)).statusCode).toBe(201);
});

test.each([
  ["totp://x?secret=GEZDGNBVGY3TQOJQ&period=60", 201],
  ["otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", 201],
  ["otpauth://totp/x", 400],
  ["totp://x", 400],
  ["no URL", 400],
  ["", 400],
])("the authenticator %j is answered %i", async (url, status) => {
  const response = await on.api.call({
    method: "POST",
    url: "/identities",
    payload: {
      schema_id: "preset://email",
      traits: { email: `${randomUUID()}@example.org` },
      credentials: { totp: { config: { totp_url: url } } },
    },
  });
  expect(response.statusCode, response.body).toBe(status);
});
