import { randomUUID } from "node:crypto";
import type { InjectOptions } from "fastify";
import { expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const bcrypt = "$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq";
const password = "a password that is typed";
const totpUrl = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const everything = ["password", "totp", "lookup_secret", "oidc", "webauthn", "passkey"]
  .map((name) => `include_credential=${name}`)
  .join("&");
const actor = { name: "test" };

const on = useTestApi();

type Shown = { id: string; traits: object; credentials: Record<string, { config?: object }> } & Record<
  string,
  unknown
>;

async function make(fields: object = {}): Promise<string> {
  const payload = {
    schema_id: "preset://email",
    traits: { email: `${randomUUID()}@example.org` },
    ...fields,
  };
  const response = await on.api.call({ method: "POST", url: "/identities", payload });
  expect(response.statusCode, response.body).toBe(201);
  return response.json<{ id: string }>().id;
}

const read = async (id: string) =>
  (await on.api.call({ url: `/identities/${id}?${everything}` })).json<Shown>();
const put = (id: string, payload: object) =>
  on.api.call({ method: "PUT", url: `/identities/${id}`, payload });
const patch = (id: string, operations: NonNullable<InjectOptions["payload"]>) =>
  on.api.call({ method: "PATCH", url: `/identities/${id}`, payload: operations });
const core = async (id: string) => (await on.ground.parts.store()).identities.get("default", id);
const typed = async (id: string) => {
  const { usernamePassword } = await (await on.ground.parts.store()).identities.revealCredentials(id, actor);
  return [usernamePassword?.username.reveal(), usernamePassword?.password?.reveal()];
};

const imported = () => ({
  password: { config: { password } },
  totp: { config: { totp_url: totpUrl } },
  lookup_secret: { config: { codes: [{ code: "a code" }] } },
  oidc: { config: { providers: [{ provider: "github", subject: randomUUID() }] } },
  webauthn: { config: { credentials: [{ id: "a", is_passwordless: false }], user_handle: "aGFuZGxl" } },
  passkey: { config: { credentials: [{ id: "b" }], user_handle: "aGFuZGxl" } },
});

test("an identity that is put back as it was read is as it was, its password too", async () => {
  const id = await make({ credentials: imported() });
  const before = await core(id);
  const shown = await read(id);
  const response = await put(id, shown);
  expect(response.statusCode, response.body).toBe(200);
  expect(await typed(id)).toEqual([before.loginName, password]);
  const after = await core(id);
  expect(after.credentialsVersion).toBe(before.credentialsVersion);
  expect((await read(id)).credentials).toEqual(shown.credentials);
});

test("a hash of the stored password leaves it alone, whatever else was changed since it was shown", async () => {
  const id = await make({ credentials: { password: { config: { password } } } });
  const { config } = (await read(id)).credentials["password"] ?? {};
  const email = `${randomUUID()}@example.org`;
  expect((await patch(id, [{ op: "replace", path: "/traits/email", value: email }])).statusCode).toBe(200);
  expect((await put(id, { traits: { email }, credentials: { password: { config } } })).statusCode).toBe(200);
  const changed = await patch(id, [
    { op: "replace", path: "/credentials/password/config", value: config },
    { op: "replace", path: "/metadata_public", value: { plan: "gold" } },
  ]);
  expect(changed.json()).toMatchObject({ metadata_public: { plan: "gold" } });
  expect(await typed(id)).toEqual([email, password]);
  // Another password, or another's hash, does take its place.
  expect(
    (await put(id, { traits: { email }, credentials: { password: { config: { password: "b" } } } }))
      .statusCode,
  ).toBe(200);
  const outdated = await put(id, { traits: { email }, credentials: { password: { config } } });
  expect([outdated.statusCode, outdated.body]).toEqual([409, expect.stringContaining("replaced since")]);
  expect(await typed(id)).toEqual([email, "b"]);
  const hash = [{ op: "add", path: "/credentials/password/config", value: { hashed_password: bcrypt } }];
  expect((await patch(id, hash)).statusCode).toBe(200);
  expect((await read(id)).credentials["password"]?.config).toEqual({ hashed_password: bcrypt });
});

test("of two who change an identity at once, both do", async () => {
  const id = await make({ metadata_public: { a: 0, b: 0 } });
  const link = (provider: string) => ({ config: { providers: [{ provider, subject: randomUUID() }] } });
  const { traits } = await read(id);
  await put(id, { traits, metadata_public: { a: 0, b: 0 }, credentials: { oidc: link("first") } });
  for (let round = 1; round <= 5; round += 1) {
    const set = (name: string) =>
      patch(id, [{ op: "replace", path: `/metadata_public/${name}`, value: round }]);
    const answers = await Promise.all([set("a"), set("b")]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(await read(id)).toMatchObject({ metadata_public: { a: round, b: round } });
  }
  const add = (provider: string) => put(id, { traits, credentials: { oidc: link(provider) } });
  const answers = await Promise.all(["q", "r", "s", "t"].map(add));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
  const { providers = [] } = ((await read(id)).credentials["oidc"]?.config ?? {}) as {
    providers?: unknown[];
  };
  expect(providers.length).toBe(5);
});

test("two who each take one of the last two first factors away leave one", async () => {
  for (let round = 0; round < 5; round += 1) {
    const subject = randomUUID();
    const id = await make({
      credentials: {
        password: { config: { password } },
        oidc: { config: { providers: [{ provider: "p", subject }] } },
      },
    });
    const remove = (what: string) =>
      on.api.call({ method: "DELETE", url: `/identities/${id}/credentials/${what}` });
    const answers = await Promise.all([remove("password"), remove(`oidc?identifier=p:${subject}`)]);
    expect(answers.map(({ statusCode }) => String(statusCode)).toSorted()).toEqual(["204", "400"]);
  }
});

test("of security keys and passkeys, a patch takes away those that it says", async () => {
  const keys = () => {
    const { webauthn, passkey } = imported();
    return { webauthn, passkey };
  };
  const left = async (id: string) =>
    Object.entries((await read(id)).credentials).flatMap(([name, { config }]) =>
      name !== "password" && config !== undefined ? [name] : [],
    );
  const remove = (name: string) => ({ op: "remove", path: `/credentials/${name}` });
  for (const [taken, kept] of [
    [["webauthn"], ["passkey"]],
    [["passkey"], ["webauthn"]],
    [["passkey", "webauthn"], []],
  ] as const) {
    const id = await make({ credentials: keys() });
    const answer = await patch(id, taken.map(remove));
    expect(answer.statusCode, answer.body).toBe(200);
    expect(await left(id), taken.join()).toEqual(kept);
    const { credentials } = await core(id);
    const rings = credentials.find(({ type }) => type === "webauthn")?.identifiers ?? [];
    expect(rings.map((ring) => ring.split(":")[0])).toEqual(kept);
  }
});

test.each([
  { path: "/credentials/password", value: null },
  { path: "/credentials/password/type", value: { toString: 1, valueOf: 2 } },
  { path: "/credentials/totp", value: { type: "totp", config: { totp_url: { toString: 1 } } } },
  { path: "/credentials/totp", value: { type: "totp" } },
  { path: "/credentials/toString", value: { type: "toString", config: 1 } },
  { path: "/credentials/passkey", value: { type: "passkey", config: 7 } },
  {
    op: "add",
    path: "/credentials/password",
    value: { type: "password", config: { hashed_password: "zzz" } },
  },
] as { path: string; value: unknown }[])(
  "the patch $path = $value is refused with 400",
  async (operation) => {
    const response = await patch(await make(), [{ op: "add", ...operation }]);
    expect(response.statusCode, response.body).toBe(400);
  },
);

test("a patch of very many operations is refused, in no time", async () => {
  const id = await make({ metadata_public: { list: [] } });
  const add = { op: "add", path: "/metadata_public/list/0", value: 0 };
  expect(
    (
      await patch(
        id,
        Array.from({ length: 1_000 }, () => add),
      )
    ).statusCode,
  ).toBe(200);
  const refused = await patch(
    id,
    Array.from({ length: 1_001 }, () => add),
  );
  expect([refused.statusCode, refused.body]).toEqual([400, expect.stringContaining("1000")]);
});

test("a patch that takes the schema's id away leaves the identity with its schema", async () => {
  const response = await patch(await make(), [{ op: "remove", path: "/schema_id" }]);
  expect(response.json()).toMatchObject({ schema_id: "preset://email" });
});

test("a username of its own stays through a hash", async () => {
  const { identities, applications } = await on.ground.parts.store();
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { traits: { type: "object", properties: { nick: { type: "string" } } } },
  };
  const application = await applications.create(
    "default",
    { name: "bare", url: "https://bare.example/", traitsSchema: schema },
    actor,
  );
  const { id } = await identities.create(
    "default",
    {
      applicationId: application.id,
      credentials: [
        { type: "username_password", username: new Secret("ada"), password: new Secret(password) },
      ],
    },
    actor,
  );
  const give = (config: object) => put(id, { traits: {}, credentials: { password: { config } } });
  expect((await give({ hashed_password: bcrypt })).statusCode).toBe(200);
  expect((await read(id)).credentials["password"]?.config).toEqual({ hashed_password: bcrypt });
  expect(await typed(id)).toEqual(["ada", undefined]);
  expect((await give({ password: "b" })).statusCode).toBe(200);
  expect(await typed(id)).toEqual(["ada", "b"]);
});
