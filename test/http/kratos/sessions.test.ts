import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { identitiesMeantBy, idOfSavedState } from "../../../src/http/kratos/sessions/session-ids.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const on = useTestApi();

/** An identity that is signed in, as far as anybody knows, until then. */
async function signedIn(lapsesAt: Date | null, fields: object = {}): Promise<string> {
  const made = await on.api.call({
    method: "POST",
    url: "/identities",
    payload: { schema_id: "preset://email", traits: { email: `${randomUUID()}@example.org` }, ...fields },
  });
  const { id } = made.json<{ id: string }>();
  const { database } = await on.ground.parts.store();
  await database.kysely
    .insertInto("saved_states")
    .values({ identity_id: id, sealed: Buffer.from("x"), lapses_at: lapsesAt })
    .execute();
  return id;
}

const soon = () => new Date(Date.now() + 3_600_000);

async function idsOf(url: string, key?: string): Promise<string[]> {
  const response = await on.api.call({ url, ...(key === undefined ? {} : { key }) });
  expect(response.statusCode, response.body).toBe(200);
  return response.json<{ id: string }[]>().map(({ id }) => id);
}

test("a saved state's session has an id of its own, which leads back to its identity", () => {
  for (const id of ["0195c3a2-7a7e-7f53-8d2c-3c5a1b2c3d4e", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"]) {
    const session = idOfSavedState(id);
    expect(session).not.toBe(id);
    expect(identitiesMeantBy(session)).toContain(id);
    expect(identitiesMeantBy(id)).toEqual([]);
  }
});

test("a saved state is a session, active until it lapses, and is forgotten with it", async () => {
  const [good, lapsed, open] = [await signedIn(soon()), await signedIn(new Date(0)), await signedIn(null)];
  for (const [id, active] of [
    [good, true],
    [lapsed, false],
    [open, true],
  ] as const) {
    const session = (await on.api.call({ url: `/sessions/${idOfSavedState(id)}` })).json<object>();
    expect(session).toMatchObject({ active, authenticator_assurance_level: "aal1" });
    expect(await idsOf(`/identities/${id}/sessions?active=${active}`)).toEqual([idOfSavedState(id)]);
    expect(await idsOf(`/identities/${id}/sessions?active=${!active}`)).toEqual([]);
  }
  const url = `/identities/${good}/sessions`;
  expect((await on.api.call({ method: "DELETE", url })).statusCode).toBe(204);
  expect(await idsOf(url)).toEqual([]);
  expect((await on.api.call({ method: "DELETE", url })).statusCode).toBe(404);
  const { identities } = await on.ground.parts.store();
  const audit = await identities.audit("default", good);
  expect(audit.filter(({ action }) => action === "state.forgotten").length).toBe(1);
  // It was no session any more; it goes all the same.
  expect((await on.api.call({ method: "DELETE", url: `/identities/${lapsed}/sessions` })).statusCode).toBe(
    404,
  );
  expect(await idsOf(`/identities/${lapsed}/sessions`)).toEqual([]);
  expect((await on.api.call({ method: "DELETE", url: `/sessions/${idOfSavedState(open)}` })).statusCode).toBe(
    204,
  );
});

test("what was ended stays ended, though a run was under way", async () => {
  const id = await signedIn(soon());
  const { identities, leases } = await on.ground.parts.store();
  const { credentialsVersion } = await identities.get("default", id);
  const save = async () => {
    await using lease = await leases.acquire(`session:${id}`);
    const state = { cookies: [], origins: [], sessionStorage: {} };
    return {
      first: await identities.saveState(id, state, lease.fence, credentialsVersion),
      ended: await on.api.call({ method: "DELETE", url: `/identities/${id}/sessions` }),
      again: await identities.saveState(id, state, lease.fence, credentialsVersion),
    };
  };
  const { first, ended, again } = await save();
  expect([first, ended.statusCode, again]).toEqual([true, 204, false]);
  expect(await idsOf(`/identities/${id}/sessions`)).toEqual([]);
  // A run that begins afterwards signs it in again; of its credentials nothing has changed.
  expect(await save()).toMatchObject({ first: true });
});

test("sessions are listed page by page, and ended all at once", async () => {
  for (let count = 0; count < 5; count += 1) await signedIn(soon());
  const ids: string[] = [];
  let token: string | null = "";
  while (token !== null) {
    const response = await on.api.call({ url: `/sessions?page_size=2&page_token=${token}` });
    ids.push(...response.json<{ id: string }[]>().map(({ id }) => id));
    const [, next] = /<([^>]+)>; rel="next"/.exec(String(response.headers["link"])) ?? [];
    token = next === undefined ? null : new URL(next, "http://x").searchParams.get("page_token");
    expect(response.headers["x-total-count"]).toBe("5");
  }
  expect(new Set(ids).size).toBe(5);
  const manage = (payload: object) => on.api.call({ method: "POST", url: "/sessions", payload });
  const [first = "", second = ""] = ids;
  expect((await manage({ action: "disable", sessions: [first] })).json()).toEqual({
    processed: 1,
    more: false,
  });
  const [identity = ""] = identitiesMeantBy(second);
  expect((await manage({ action: "delete", identities: [identity] })).json()).toEqual({
    processed: 1,
    more: false,
  });
  expect((await manage({ action: "delete", identities: ["*"] })).json()).toEqual({
    processed: 3,
    more: false,
  });
  expect(await idsOf("/sessions")).toEqual([]);
});

test("what administrators note of an identity is shown to those who administer, wherever it is shown", async () => {
  const externalId = randomUUID();
  const note = { note: randomUUID() };
  const id = await signedIn(soon(), { external_id: externalId, metadata_admin: note });
  const keys = {
    read: await on.api.addKey("read"),
    submit: await on.api.addKey("submit"),
    admin: await on.api.addKey("admin"),
  };
  for (const url of [
    `/identities/${id}`,
    `/identities/by/external/${externalId}`,
    `/identities?ids=${id}`,
    `/identities?page=0&ids=${id}`,
    `/sessions?expand=identity`,
    `/sessions/${idOfSavedState(id)}?expand=identity`,
    `/identities/${id}/sessions`,
  ]) {
    const { body } = await on.api.call({ url, key: keys.admin });
    expect(body, url).toContain(JSON.stringify(note));
    for (const key of [keys.read, keys.submit]) {
      const seen = await on.api.call({ url, key });
      expect(seen.body, url).toContain(externalId);
      expect(seen.body, url).not.toContain("metadata_admin");
    }
  }
});

test("another project's sessions are nobody's", async () => {
  const { database } = await on.ground.parts.store();
  await ensureProject(database, "other");
  const stranger = await on.api.addKey("admin", "other");
  const id = await signedIn(soon());
  expect(await idsOf(`/identities/${id}/sessions`, stranger)).toEqual([]);
  expect(await idsOf("/sessions", stranger)).toEqual([]);
  const end = { method: "POST" as const, url: "/sessions", key: stranger };
  for (const payload of [
    { action: "delete", identities: [id] },
    { action: "delete", sessions: [idOfSavedState(id)] },
    { action: "delete", identities: ["*"] },
  ])
    expect((await on.api.call({ ...end, payload })).json()).toEqual({ processed: 0, more: false });
  expect(await idsOf(`/identities/${id}/sessions`)).toEqual([idOfSavedState(id)]);
});

test("an inactive identity keeps its session until somebody ends it", async () => {
  const id = await signedIn(soon());
  const patch = [{ op: "replace", path: "/state", value: "inactive" }];
  await on.api.call({ method: "PATCH", url: `/identities/${id}`, payload: patch });
  expect(await idsOf(`/identities/${id}/sessions`)).toEqual([idOfSavedState(id)]);
});
