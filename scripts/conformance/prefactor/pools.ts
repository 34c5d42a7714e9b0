import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { expectSuccess, isObject, type PrefactorGround } from "./ground.ts";

/** A pool, and the application that it is. */
export interface Pool {
  id: string;
  applicationId: string;
}

/**
 * Makes a pool of its own at each run: the server may have kept those of the last. Pools are applications, which
 * Prefactor's API does not make here; Anchor's does.
 */
export async function makePool(ground: PrefactorGround, url?: string): Promise<Pool> {
  const name = `pool ${randomUUID()}`;
  const source = url ?? `https://${randomUUID().slice(0, 8)}.larch.example/`;
  const { status, body } = await ground.call("POST", "/v1/applications", { body: { source, name } });
  assert.equal(status, 201, JSON.stringify(body));
  return { id: await poolNamed(ground, name), applicationId: String(body["id"]) };
}

/** Its id as clients find it: by its title, in the list. */
async function poolNamed(ground: PrefactorGround, title: string): Promise<string> {
  for (let offset: number | null = 0; offset !== null; ) {
    const path: string = `/api/v1/pool?pagination[page_size]=100&pagination[offset]=${offset}`;
    const { summaries, pagination } = expectSuccess(await ground.call("GET", path), [
      "summaries",
      "pagination",
      "sorting",
    ]);
    assert(Array.isArray(summaries) && isObject(pagination));
    const found: unknown = summaries.find((pool: { title?: string }) => pool.title === title);
    if (isObject(found)) return String(found["id"]);
    const next: unknown = pagination["next_page_offset"];
    offset = typeof next === "number" ? next : null;
  }
  throw new Error(`no pool has the title ${title}`);
}

export async function removePool(ground: PrefactorGround, { applicationId }: Pool): Promise<void> {
  const { status } = await ground.call("DELETE", `/v1/applications/${applicationId}?cascade=true`);
  assert.equal(status, 200);
}
