import assert from "node:assert/strict";
import { expectError, expectIdentity, expectSuccess, type PrefactorCheck } from "./ground.ts";
import { makePool, type Pool, removePool } from "./pools.ts";

const path = "/api/v1/identity";
/** Well-formed, of nobody's partition: the document's own. */
const nowhere = "013xrzp12g3nqk8ng09nmc8kwqzfafa2";
const unknown = { status: 404, code: "not_found" };
const malformed = { status: 422, code: "invalid_value" };
const otherType = { status: 422, code: "unexpected_ref_type" };

/** Who may ask, and what ids mean. */
export function referenceChecks(): PrefactorCheck[] {
  let pool: Pool;
  let identity = "";
  return [
    {
      name: "P-10 no token: 401 not_authenticated; one that is not known: 401 bad_authtoken; a good one pings",
      async run(ground) {
        expectSuccess(await ground.call("GET", "/api/v1/ping"), []);
        for (const [key, code] of [
          [null, "not_authenticated"],
          ["lk_no_good", "bad_authtoken"],
        ] as const)
          for (const [method, where] of [
            ["GET", "/api/v1/ping"],
            ["POST", path],
            ["GET", `${path}/${nowhere}`],
          ] as const)
            expectError(await ground.call(method, where, { key }), { status: 401, code });
      },
    },
    {
      name: "not_permitted (403): a key that may only read",
      isPossible: ({ readKey }) => readKey !== undefined,
      async run(ground) {
        const key = ground.readKey ?? "";
        expectSuccess(await ground.call("GET", "/api/v1/ping", { key }), []);
        const refused = { status: 403, code: "not_permitted" };
        expectError(await ground.call("POST", path, { key, body: {} }), refused);
        expectError(await ground.call("DELETE", `${path}/${nowhere}`, { key }), refused);
      },
    },
    {
      name: "P-11 pool_id: required_value, invalid_value, unexpected_ref_type, not_found",
      async run(ground) {
        pool = await makePool(ground);
        const create = (asked: object) => ground.call("POST", path, { body: { factors: [], ...asked } });
        const made = expectIdentity(await create({ pool_id: pool.id }));
        identity = made.id;
        assert.match(expectError(await create({}), { status: 422, code: "required_value" }), /^pool_id: /);
        for (const id of ["", "nonsense", pool.id.toUpperCase(), `${pool.id}0`, 7, null])
          assert.match(expectError(await create({ pool_id: id }), malformed), /^pool_id: /);
        for (const id of [made.id, made.account_id, made.domain_id])
          assert.match(expectError(await create({ pool_id: id }), otherType), /^pool_id: /);
        expectError(await create({ pool_id: nowhere }), unknown);
      },
    },
    {
      name: "P-11 ids of the path, of each operation: the same",
      async run(ground) {
        const nobodys = `${pool.id.slice(0, -1)}${pool.id.endsWith("0") ? "1" : "0"}`;
        for (const method of ["GET", "PUT", "DELETE"])
          for (const [id, expected] of [
            [nowhere, unknown],
            [nobodys, unknown],
            ["nonsense", malformed],
            [identity.toUpperCase(), malformed],
            [pool.id, otherType],
          ] as const)
            expectError(
              await ground.call(method, `${path}/${id}`, method === "PUT" ? { body: {} } : {}),
              expected,
            );
        for (const [id, expected] of [
          [nobodys, unknown],
          ["nonsense", malformed],
          [identity, otherType],
        ] as const)
          for (const where of [`/api/v1/pool/${id}`, `${path}?pool_id=${id}`])
            expectError(await ground.call("GET", where), expected);
      },
    },
    {
      name: "not_found (404): what belongs to another project",
      isPossible: ({ strangerKey }) => strangerKey !== undefined,
      async run(ground) {
        const key = ground.strangerKey ?? "";
        for (const where of [`${path}?pool_id=${pool.id}`, `${path}/${identity}`, `/api/v1/pool/${pool.id}`])
          expectError(await ground.call("GET", where, { key }), unknown);
        expectError(await ground.call("POST", path, { key, body: { pool_id: pool.id } }), unknown);
        await removePool(ground, pool);
      },
    },
  ];
}
