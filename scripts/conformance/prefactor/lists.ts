import assert from "node:assert/strict";
import {
  expectError,
  expectSuccess,
  isObject,
  type PrefactorCheck,
  type PrefactorGround,
  pfid,
} from "./ground.ts";
import { makePool, type Pool, removePool } from "./pools.ts";

const path = "/api/v1/identity";
const names = ["ash", "birch", "cedar", "dogwood", "elm"];
const summaryFields = [
  "account_id",
  "claims",
  "domain_id",
  "first_seen",
  "id",
  "last_seen",
  "pool_id",
  "status",
  "title",
  "type",
];

interface List {
  titles: string[];
  summaries: object[];
  pagination: Record<string, unknown>;
  sorting: unknown;
}

async function list(ground: PrefactorGround, query: string): Promise<List> {
  const answer = await ground.call("GET", `${path}?${query}`);
  const { summaries, pagination, sorting } = expectSuccess(answer, ["summaries", "pagination", "sorting"]);
  assert(Array.isArray(summaries) && isObject(pagination));
  const titles = summaries.map(({ title }: { title: string }) => title);
  return { titles, summaries, pagination, sorting };
}

export function listChecks(): PrefactorCheck[] {
  let pool: Pool;
  return [
    {
      name: "P-16 a list needs its pool, and answers summaries without factors, pagination and sorting",
      async run(ground) {
        expectError(await ground.call("GET", path), { status: 422, code: "required_value" });
        pool = await makePool(ground);
        for (const value of names)
          await ground.call("POST", path, {
            body: { pool_id: pool.id, factors: [{ name: "username", type: "username", value }] },
          });
        const { titles, summaries, sorting } = await list(ground, `pool_id=${pool.id}`);
        for (const summary of summaries) assert.deepEqual(Object.keys(summary).toSorted(), summaryFields);
        assert.deepEqual(sorting, { direction: "asc", field: "id" });
        // Ids of later identities come later.
        assert.deepEqual(titles, names);
      },
    },
    {
      name: "P-16 its pages are told by offset and size, in either way of writing brackets; sorting turns them round",
      async run(ground) {
        const sorted = `pool_id=${pool.id}&sorting=-title`;
        const first = await list(ground, `${sorted}&pagination[page_size]=2`);
        assert.deepEqual(
          [first.titles, first.sorting],
          [["elm", "dogwood"], { direction: "desc", field: "title" }],
        );
        assert.deepEqual(first.pagination, {
          item_count: 5,
          item_start: 1,
          item_end: 2,
          page_count: 3,
          page_index: 1,
          page_offset: 0,
          page_size: 2,
          next_page_offset: 2,
          previous_page_offset: null,
        });
        const last = await list(ground, `${sorted}&pagination%5Bpage_size%5D=2&pagination%5Boffset%5D=4`);
        assert.deepEqual(last.titles, ["ash"]);
        assert.partialDeepStrictEqual(last.pagination, {
          item_start: 5,
          item_end: 5,
          page_index: 3,
          next_page_offset: null,
          previous_page_offset: 2,
        });
        const past = await list(ground, `pool_id=${pool.id}&pagination[offset]=90`);
        assert.deepEqual([past.titles, past.pagination["item_count"]], [[], 5]);
        for (const field of ["last_seen", "-status", "id"])
          assert.equal((await list(ground, `pool_id=${pool.id}&sorting=${field}`)).titles.length, 5);
        for (const wrong of [
          "sorting=name",
          "pagination[page_size]=0",
          "pagination[page_size]=101",
          "pagination[offset]=-1",
        ])
          expectError(await ground.call("GET", `${path}?pool_id=${pool.id}&${wrong}`), {
            status: 422,
            code: "invalid_value",
          });
      },
    },
    {
      name: "pools are listed and fetched, with the factors their identities may have",
      async run(ground) {
        const { body } = await ground.call("GET", `/api/v1/pool/${pool.id}`);
        const { details } = body;
        assert(isObject(details) && Array.isArray(details["factors"]));
        assert.partialDeepStrictEqual(details, { id: pool.id, type: "pool", status: "extant" });
        assert.match(String(details["authentication_ruleset_nid"]), pfid);
        assert.deepEqual(
          details["factors"].map(({ name }: { name: string }) => name),
          ["email", "username", "password", "totp", "magic_code"],
        );
        await removePool(ground, pool);
        expectError(await ground.call("GET", `/api/v1/pool/${pool.id}`), { status: 404, code: "not_found" });
      },
    },
  ];
}
