import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { expectError, expectIdentity, expectSuccess, isObject, type PrefactorCheck, pfid } from "./ground.ts";
import { makePool, type Pool, removePool } from "./pools.ts";

const path = "/api/v1/identity";
const address = () => `${randomUUID().slice(0, 8)}@larch.example`;
const emailFactor = (value: string) => ({ name: "email", type: "email", value });

export function identityChecks(): PrefactorCheck[] {
  let pool: Pool;
  let other: Pool;
  let id = "";
  const email = address();
  const metadata = { plan: "gold", "a b": "" };
  const refused = { status: 409, code: "invalid_action" };

  return [
    {
      name: "P-01 P-02 P-04 P-05 P-06 P-07 create answers with what was sent: pool, factor, title, metadata",
      async run(ground) {
        pool = await makePool(ground);
        other = await makePool(ground);
        const body = { pool_id: pool.id, factors: [emailFactor(email)], metadata };
        const made = expectIdentity(await ground.call("POST", path, { body }));
        assert.deepEqual(
          [made.type, made.pool_id, made.status, made.title],
          ["identity", pool.id, "extant", email],
        );
        const [factor] = made.factors;
        assert(factor !== undefined && made.factors.length === 1);
        assert.deepEqual([factor.type, factor.name, factor.value], ["email", "email", email]);
        assert.deepEqual([typeof factor.identifier, typeof factor.persistent], ["boolean", "boolean"]);
        assert.deepEqual(made.metadata, metadata);
        assert(
          isObject(made.claims) && Object.values(made.claims).every((claim) => typeof claim === "string"),
        );
        id = made.id;
      },
    },
    {
      name: "P-03 every id is a PFID of one partition, and another one for each thing",
      async run(ground) {
        const made = expectIdentity(await ground.call("GET", `${path}/${id}`), ["details", "actions"]);
        const [factor] = made.factors;
        const ids = [made.id, made.account_id, made.domain_id, made.pool_id, factor?.nid, factor?.vid];
        for (const one of ids) assert.match(one ?? "", pfid);
        assert.equal(new Set(ids).size, ids.length);
        assert.equal(new Set(ids.map((one) => one?.slice(10, 16))).size, 1);
      },
    },
    {
      name: "P-08 first_seen and last_seen are null before the first use",
      async run(ground) {
        const made = expectIdentity(await ground.call("GET", `${path}/${id}`), ["details", "actions"]);
        assert.deepEqual([made.first_seen, made.last_seen], [null, null]);
      },
    },
    {
      name: "P-14 the same identifying e-mail again is refused, however written; in another pool it is another identity",
      async run(ground) {
        const create = (poolId: string, value: string) =>
          ground.call("POST", path, { body: { pool_id: poolId, factors: [emailFactor(value)] } });
        for (const value of [email, email.toUpperCase()]) expectError(await create(pool.id, value), refused);
        const list = await ground.call("GET", `${path}?pool_id=${pool.id}`);
        const { summaries } = expectSuccess(list, ["summaries", "pagination", "sorting"]);
        assert(Array.isArray(summaries) && summaries.length === 1);
        assert.notEqual(expectIdentity(await create(other.id, email)).id, id);
      },
    },
    {
      name: "P-15 fetching answers the same details, with what the key may do",
      async run(ground) {
        const body = { pool_id: pool.id, factors: [emailFactor(address())], metadata };
        const made = expectIdentity(await ground.call("POST", path, { body }));
        const answer = await ground.call("GET", `${path}/${made.id}`);
        assert.deepEqual(expectIdentity(answer, ["details", "actions"]), made);
        assert.deepEqual(answer.body["actions"], { update: true, delete: true });
        if (ground.readKey === undefined) return;
        const { body: read } = await ground.call("GET", `${path}/${made.id}`, { key: ground.readKey });
        assert.deepEqual(read["actions"], { update: false, delete: false });
      },
    },
    {
      name: "P-17 PUT with metadata alone leaves the factors, with factors alone the metadata; null changes nothing",
      async run(ground) {
        const put = async (body: object) =>
          expectIdentity(await ground.call("PUT", `${path}/${id}`, { body }));
        const before = await put({});
        assert.deepEqual(await put({ factors: null, metadata: null }), before);
        const described = await put({ metadata: { plan: "silver" } });
        assert.deepEqual(described, { ...before, metadata: { plan: "silver" } });
        const next = address();
        const moved = await put({ factors: [emailFactor(next)] });
        assert.deepEqual([moved.title, moved.metadata], [next, { plan: "silver" }]);
        assert.notEqual(moved.factors[0]?.vid, before.factors[0]?.vid);
        assert.equal(moved.factors[0]?.nid, before.factors[0]?.nid);
        assert.deepEqual((await put({ details: { metadata: {} } })).metadata, {});
      },
    },
    {
      name: "P-18 DELETE answers deleted; it is still fetched, no more listed, not deleted twice; its e-mail is free",
      async run(ground) {
        const body = { pool_id: pool.id, factors: [emailFactor(address())] };
        const made = expectIdentity(await ground.call("POST", path, { body }));
        const gone = expectIdentity(await ground.call("DELETE", `${path}/${made.id}`));
        assert.deepEqual(gone, { ...made, status: "deleted" });
        const fetched = await ground.call("GET", `${path}/${made.id}`);
        assert.deepEqual(expectIdentity(fetched, ["details", "actions"]), gone);
        assert.deepEqual(fetched.body["actions"], { update: false, delete: false });
        expectError(await ground.call("DELETE", `${path}/${made.id}`), refused);
        expectError(await ground.call("PUT", `${path}/${made.id}`, { body: {} }), refused);
        const list = await ground.call("GET", `${path}?pool_id=${pool.id}&pagination[page_size]=100`);
        assert(!JSON.stringify(list.body).includes(made.id));
        assert.notEqual(expectIdentity(await ground.call("POST", path, { body })).id, made.id);
      },
    },
    {
      name: "P-20 the same idempotency key with the same body makes one identity, by header and by body",
      async run(ground) {
        for (const way of ["header", "body"]) {
          const key = randomUUID();
          const details = { pool_id: pool.id, factors: [emailFactor(address())] };
          const ask = (asked: object) =>
            ground.call(
              "POST",
              path,
              way === "header"
                ? { body: asked, headers: { "idempotency-key": key } }
                : { body: { details: asked, idempotency_key: key } },
            );
          // Two at once take turns.
          const both = await Promise.all([ask(details), ask(details)]);
          const ids = [...both, await ask(details)].map((answer) => expectIdentity(answer).id);
          assert.equal(new Set(ids).size, 1);
          expectError(await ask({ ...details, metadata: { another: "request" } }), refused);
        }
        await removePool(ground, other);
        await removePool(ground, pool);
      },
    },
  ];
}
