import assert from "node:assert/strict";
import { expectError, type PrefactorCheck, type PrefactorGround } from "./ground.ts";
import { makePool, type Pool, removePool } from "./pools.ts";

const path = "/api/v1/identity";
const email = { name: "email", type: "email", value: "test@larch.example" };
const invalid = { status: 422, code: "invalid_value" };
const missing = { status: 422, code: "required_value" };
const bad = { status: 400, code: "bad_request" };

/** Values that do not do, and requests that are none. */
export function valueChecks(): PrefactorCheck[] {
  let pool: Pool;
  const create = (ground: PrefactorGround, body: object) =>
    ground.call("POST", path, { body: { pool_id: pool.id, ...body } });
  return [
    {
      name: "P-12 a factor that is not of the pool's ruleset: its name, its nid, its type, or none to give",
      async run(ground) {
        pool = await makePool(ground);
        for (const [factor, expected, where] of [
          [{ ...email, name: "mail" }, invalid, /^factors\.0\.name: .*email, username/],
          [{ ...email, type: "username" }, invalid, /^factors\.0\.type: /],
          [{ ...email, nid: pool.id }, invalid, /^factors\.0\.nid: /],
          [{ ...email, type: "sms" }, invalid, /^factors\.0\.type: /],
          [{ ...email, surprise: 1 }, invalid, /^factors\.0: .*surprise/],
          [{ name: "magic_code", type: "magic_code" }, invalid, /^factors\.0\.value: /],
          [{ type: "email", value: "a@b.example" }, missing, /^factors\.0\.name: /],
          [{ name: "email", value: "a@b.example" }, missing, /^factors\.0\.type: /],
          [{ name: "email", type: "email" }, missing, /^factors\.0\.value: /],
          [{ name: "password", type: "password", value: "x" }, missing, /^factors: .*email or username/],
        ] as const)
          assert.match(expectError(await create(ground, { factors: [factor] }), expected), where);
      },
    },
    {
      name: "P-13 a value that is no e-mail address or no key of a totp, a factor given twice, lists that are none",
      async run(ground) {
        for (const value of ["nobody", "a@", "", 7])
          assert.match(
            expectError(await create(ground, { factors: [{ ...email, value }] }), invalid),
            /^factors\.0\.value: /,
          );
        const totp = { name: "totp", type: "totp", value: "not base32!" };
        const refusedTotp = expectError(await create(ground, { factors: [email, totp] }), invalid);
        assert.match(refusedTotp, /^factors\.1\.value: /);
        assert.match(
          expectError(await create(ground, { factors: [email, email] }), invalid),
          /^factors\.1: /,
        );
        expectError(await create(ground, { factors: {} }), invalid);
        expectError(await create(ground, { factors: [7] }), invalid);
      },
    },
    {
      name: "P-13 metadata that is no text, a body that is no JSON or has unknown fields",
      async run(ground) {
        for (const value of [7, null, true, {}, []])
          assert.match(
            expectError(await create(ground, { metadata: { key: value } }), invalid),
            /^metadata\.key: /,
          );
        expectError(await create(ground, { metadata: [] }), invalid);
        expectError(await create(ground, { metadata: { key: "x".repeat(70_000) } }), invalid);
        for (const text of ["{", "", "7", "[]", "null", '{"__proto__":{}}'])
          expectError(await ground.call("POST", path, { text }), bad);
        assert.match(expectError(await create(ground, { factor: [] }), bad), /factor/);
      },
    },
    {
      name: "P-09 whatever refuses, the envelope is the same: 404, 405, 413, 415, odd paths and idempotency keys",
      async run(ground) {
        const { call } = ground;
        for (const where of ["/api/v1/nothing", "/api/v1/identity/a/b"])
          expectError(await call("GET", where), { status: 404, code: "not_found" });
        expectError(await call("PATCH", path), { status: 405, code: "bad_request" });
        const text = JSON.stringify({ pool_id: "x".repeat(2 ** 21) });
        expectError(await call("POST", path, { text }), { status: 413, code: "bad_request" });
        const xml = { text: "<a/>", headers: { "content-type": "text/xml" } };
        expectError(await call("POST", path, xml), { status: 415, code: "bad_request" });
        expectError(await call("GET", `${path}/%zz`), bad);
        expectError(await call("GET", `${path}/a%00b`), invalid);
        expectError(await call("GET", "/api/v1/pool?surprise=1"), bad);
        expectError(await create(ground, { idempotency_key: "x".repeat(65) }), invalid);
        const body = { pool_id: pool.id, idempotency_key: "one" };
        expectError(await call("POST", path, { body, headers: { "idempotency-key": "other" } }), invalid);
      },
    },
    {
      name: "not_implemented (501): sessions, authflows, devices, and changes of pools",
      async run(ground) {
        for (const [method, where] of [
          ["GET", "/api/v1/session/x"],
          ["GET", "/api/v1/authflow/x"],
          ["GET", "/api/v1/device"],
          ["PUT", "/api/v1/pool/x"],
          ["POST", "/api/v1/pool"],
        ] as const)
          expectError(await ground.call(method, where), { status: 501, code: "not_implemented" });
        await removePool(ground, pool);
      },
    },
  ];
}
