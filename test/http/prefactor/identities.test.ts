import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { idsOf } from "../../../src/http/prefactor/ids.ts";
import { uuidOf } from "../../../src/http/prefactor/pfid.ts";
import type { NewApplication } from "../../../src/identity/applications/applications.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { Secret } from "../../../src/secret.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const actor = { name: "test" };
const ids = idsOf("default");
const url = "/api/v1/identity";
const on = useTestApi({ settings: { LATCHKEY_REQUESTS_PER_MINUTE: "1000000" } });

beforeAll(async () => {
  const { database } = await on.ground.parts.store();
  await ensureProject(database, "other");
});

interface Shown {
  id: string;
  title: string;
  status: string;
  factors: { name: string; nid: string; type: string; value?: string }[];
  metadata: Record<string, string>;
}

async function pool(change: Partial<NewApplication> = {}): Promise<string> {
  const { applications } = await on.ground.parts.store();
  const { id } = await applications.create(
    "default",
    { name: randomUUID().replace("-", "x"), url: "https://site.example/", ...change },
    actor,
  );
  return ids.of(id);
}

async function ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, payload?: object) {
  const response = await on.api.call({ method, url: path, ...(payload === undefined ? {} : { payload }) });
  const body = response.json<{ details: Shown; code?: string; message?: string }>();
  return { ...body, http: response.statusCode };
}

const word = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() !== "");
const record = fc.record(
  {
    email: fc.constant(true),
    username: word,
    password: word,
    totp: fc.stringMatching(/^[A-Z2-7]{32}$/),
    metadata: fc.dictionary(word, fc.string({ unit: "grapheme" })),
  },
  { requiredKeys: ["email"] },
);

test("a record is the same in the core, fetched again, and put back as it was shown", async () => {
  const { identities } = await on.ground.parts.store();
  const poolId = await pool();
  await fc.assert(
    fc.asyncProperty(record, async ({ username, password, totp, metadata = {} }) => {
      const unique = randomUUID();
      const email = `${unique}@larch.example`;
      const values = {
        email,
        ...(username === undefined ? {} : { username: `${unique} ${username}` }),
        ...(password === undefined ? {} : { password }),
        ...(totp === undefined ? {} : { totp }),
      };
      const factors = Object.entries(values).map(([name, value]) => ({ name, type: name, value }));
      const made = await ask("POST", url, { pool_id: poolId, factors, metadata });
      expect(made, made.message ?? "").toMatchObject({ http: 200 });
      const shown = factors.map(({ name, type, value }) =>
        type === "password" || type === "totp" ? { name, type } : { name, type, value },
      );
      expect(
        made.details.factors.map(({ name, type, value }) => ({
          name,
          type,
          ...(value === undefined ? {} : { value }),
        })),
      ).toEqual(shown);
      expect(made.details.metadata).toEqual(metadata);

      const uuid = uuidOf(made.details.id, ids.partition) ?? "";
      const { password: _secret, totp: _key, ...traits } = values as Record<string, string>;
      expect(await identities.get("default", uuid)).toMatchObject({ traits, metadata });
      const revealed = await identities.revealCredentials(uuid, actor);
      expect([
        revealed.usernamePassword?.username.reveal(),
        revealed.usernamePassword?.password?.reveal(),
      ]).toEqual([email, password]);
      expect(revealed.authenticator?.secret.reveal()).toBe(totp);

      expect((await ask("GET", `${url}/${made.details.id}`)).details).toEqual(made.details);
      const { factors: same, metadata: sameMetadata } = made.details;
      const put = await ask("PUT", `${url}/${made.details.id}`, { factors: same, metadata: sameMetadata });
      expect(put.details).toEqual(made.details);
      // The credentials are as they were, too.
      const after = await identities.revealCredentials(uuid, actor);
      expect(after.usernamePassword?.password?.reveal()).toBe(password);
    }),
    { numRuns: 30 },
  );
});

test("a pool of its own ruleset takes the factors it names, and a nid in place of a name", async () => {
  const poolId = await pool({
    ruleset: [
      { name: "login", type: "username", identifier: true, persistent: true },
      { name: "mail", type: "email", identifier: false, persistent: true },
      { name: "secret", type: "password", identifier: false, persistent: true },
      { name: "pin", type: "password", identifier: false, persistent: true },
    ],
  });
  const factors = [
    { name: "secret", type: "password", value: "correct horse" },
    { name: "mail", type: "email", value: "ada@larch.example" },
    { name: "login", type: "username", value: "ada" },
  ];
  const made = await ask("POST", url, { pool_id: poolId, factors });
  // In the ruleset's order.
  expect(made.details.factors.map(({ name, type }) => [name, type])).toEqual([
    ["login", "username"],
    ["mail", "email"],
    ["secret", "password"],
  ]);
  expect(made.details.title).toBe("ada");
  expect(
    await ask("POST", url, {
      pool_id: poolId,
      factors: [{ name: "email", type: "email", value: "a@b.example" }],
    }),
  ).toMatchObject({
    code: "invalid_value",
    message: "factors.0.name: is not of the pool's ruleset, which has login, mail, secret, pin.",
  });
  const [login] = made.details.factors;
  // Neither the address nor the password identifies: both may be somebody else's, too.
  const again = await ask("POST", url, {
    pool_id: poolId,
    factors: [factors[0], factors[1], { name: "login", type: "username", value: "lovelace" }],
  });
  expect(again, again.message).toMatchObject({ http: 200, details: { title: "lovelace" } });
  const renamed = await ask("PUT", `${url}/${made.details.id}`, {
    factors: [{ nid: login?.nid, value: "grace" }, { name: "secret" }],
  });
  expect(renamed.details).toMatchObject({ title: "grace", factors: [{ name: "login" }, { name: "secret" }] });
});

test("what a pool's own schema asks for is asked for as a factor, and other traits stay", async () => {
  const { identities } = await on.ground.parts.store();
  const credentials = { password: { identifier: true } };
  const poolId = await pool({
    traitsSchema: {
      type: "object",
      properties: {
        traits: {
          type: "object",
          properties: {
            email: { type: "string", format: "email", "ory.sh/kratos": { credentials } },
            name: { type: "string" },
          },
          required: ["email"],
          additionalProperties: false,
        },
      },
    },
  });
  expect(await ask("POST", url, { pool_id: poolId, factors: [] })).toMatchObject({
    http: 422,
    code: "required_value",
    message: 'factors: the pool\'s schema asks for "email"',
  });
  expect(
    await ask("POST", url, { pool_id: poolId, factors: [{ name: "email", type: "email", value: "nobody" }] }),
  ).toMatchObject({ http: 422, code: "invalid_value", message: "factors.0.value: is not an e-mail address" });
  const email = { name: "email", type: "email", value: "ada@larch.example" };
  const { details } = await ask("POST", url, { pool_id: poolId, factors: [email] });
  const uuid = uuidOf(details.id, ids.partition) ?? "";
  await identities.update("default", uuid, { traits: { email: email.value, name: "Ada" } }, actor);
  await ask("PUT", `${url}/${details.id}`, { factors: [{ ...email, value: "grace@larch.example" }] });
  expect((await identities.get("default", uuid)).traits).toEqual({
    email: "grace@larch.example",
    name: "Ada",
  });
});

test("metadata and credentials that only other APIs can give survive a change", async () => {
  const { identities } = await on.ground.parts.store();
  const poolId = await pool();
  const { id } = await identities.create(
    "default",
    {
      applicationId: uuidOf(poolId, ids.partition),
      displayName: "Ada",
      credentials: [{ type: "custom", fields: { pin: new Secret("1234") } }],
      metadata: { seats: 5, nested: { deep: [true] } },
    },
    actor,
  );
  const shown = await ask("GET", `${url}/${ids.of(id)}`);
  expect(shown.details).toMatchObject({ title: "Ada", metadata: { seats: "5", nested: '{"deep":[true]}' } });
  const put = await ask("PUT", `${url}/${ids.of(id)}`, {
    metadata: { ...shown.details.metadata, plan: "gold" },
  });
  expect(put.details.metadata).toEqual({ ...shown.details.metadata, plan: "gold" });
  await ask("PUT", `${url}/${ids.of(id)}`, { factors: [] });
  expect(await identities.get("default", id)).toMatchObject({
    metadata: { seats: 5, nested: { deep: [true] }, plan: "gold" },
    credentials: [{ type: "custom" }],
  });
});

test("an id written anew for another project finds nothing there", async () => {
  const { identities } = await on.ground.parts.store();
  const poolId = await pool();
  const { details } = await ask("POST", url, { pool_id: poolId, factors: [] });
  const uuid = uuidOf(details.id, ids.partition) ?? "";
  const forged = idsOf("other").of(uuid);
  const key = await on.api.addKey("admin", "other");
  for (const request of [
    { method: "GET" as const, url: `${url}/${forged}` },
    { method: "DELETE" as const, url: `${url}/${forged}` },
    { method: "PUT" as const, url: `${url}/${forged}`, payload: { metadata: { a: "b" } } },
    { method: "POST" as const, url, payload: { pool_id: forged, factors: [] } },
    { method: "GET" as const, url: `/api/v1/pool/${forged}` },
    {
      method: "GET" as const,
      url: `${url}?pool_id=${idsOf("other").of(uuidOf(poolId, ids.partition) ?? "")}`,
    },
  ]) {
    const response = await on.api.call({ ...request, key });
    expect([response.statusCode, response.json<{ code: string }>().code], request.url).toEqual([
      404,
      "not_found",
    ]);
  }
  expect((await identities.get("default", uuid)).metadata).toBeNull();
});

test("an idempotency key whose identity is deleted makes no second one", async () => {
  const poolId = await pool();
  const payload = { details: { pool_id: poolId, factors: [] }, idempotency_key: randomUUID() };
  const { details } = await ask("POST", url, payload);
  await ask("DELETE", `${url}/${details.id}`);
  expect(await ask("POST", url, payload)).toMatchObject({ http: 409, code: "invalid_action" });
});

test("of several that delete an identity at once, or change it meanwhile, the late ones are told that it is gone", async () => {
  const poolId = await pool();
  const answered = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const { details } = await ask("POST", url, { pool_id: poolId, factors: [] });
    const path = `${url}/${details.id}`;
    const deletes = await Promise.all(Array.from({ length: 6 }, () => ask("DELETE", path)));
    expect(deletes.filter(({ http }) => http === 200)).toHaveLength(1);
    for (const { http, code = "" } of deletes) answered.add(`${http} ${code}`);
    const other = await ask("POST", url, { pool_id: poolId, factors: [] });
    const both = await Promise.all(
      (["PUT", "DELETE", "PUT"] as const).map((method) =>
        ask(
          method,
          `${url}/${other.details.id}`,
          method === "PUT" ? { metadata: { round: "1" } } : undefined,
        ),
      ),
    );
    for (const { http, code = "" } of both) answered.add(`${http} ${code}`);
  }
  expect([...answered].toSorted()).toEqual(["200 ", "409 invalid_action"]);
});

test("what is too long or too much is told so", async () => {
  const factors = [{ name: "email", type: "email", value: "a@larch.example", nid: "n".repeat(101) }];
  const of = (change: object) => ask("POST", url, { pool_id: "0".repeat(32), factors: [], ...change });
  const answers = await Promise.all([
    of({ pool_id: "p".repeat(200) }),
    of({ factors: Array.from({ length: 51 }, () => ({ name: "email", type: "email" })) }),
    of({ factors }),
  ]);
  expect(answers.map(({ http, code, message }) => [http, code, message])).toEqual([
    [422, "invalid_value", "pool_id: is longer than 100 characters"],
    [422, "invalid_value", "factors: holds more than 50 factors"],
    [422, "invalid_value", "factors.0.nid: is longer than 100 characters"],
  ]);
});

test("an identity that belongs to no application is in no pool", async () => {
  const { identities } = await on.ground.parts.store();
  const { id } = await identities.create(
    "default",
    { sourceUrl: "https://site.example/", credentials: [] },
    actor,
  );
  expect(await ask("GET", `${url}/${ids.of(id)}`)).toMatchObject({ http: 404, code: "not_found" });
});

test("runs, batches and schedules take an identity by its PFID", async () => {
  const { details } = await ask("POST", url, { pool_id: await pool(), factors: [] });
  const job = { flow: "web/capture", identityId: details.id };
  const post = async (path: string, payload: object) => {
    const response = await on.api.call({ method: "POST", url: path, payload });
    expect(response.statusCode, response.body).toBeLessThan(300);
    return response.json<{ id: string; identityId: string }>();
  };
  const schedule = await post("/v1/schedules", { ...job, name: randomUUID().replace("-", "x"), every: "1d" });
  const patched = await on.api.call({
    method: "PATCH",
    url: `/v1/schedules/${schedule.id}`,
    payload: { identityId: details.id },
  });
  await post("/v1/runs", job);
  await post("/v1/batches", { runs: [job] });
  const uuid = uuidOf(details.id, ids.partition);
  const runs = await on.api.call({ url: `/v1/runs?identityId=${uuid}` });
  const known = [
    schedule,
    patched.json<{ identityId: string }>(),
    ...runs.json<{ items: { identityId: string }[] }>().items,
  ];
  expect(known.map(({ identityId }) => identityId)).toEqual([uuid, uuid, uuid, uuid]);
});
