import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIdentities } from "../../../src/identity/identities.ts";
import type { Identity, SavedState } from "../../../src/identity/types.ts";
import {
  newIdentity,
  openTestIdentities,
  openTestKeyring,
  type TestIdentities,
} from "../../support/identities.ts";

const actor = { name: "cli:ada" };
const stateWith = (...cookies: string[]): SavedState => ({
  cookies: cookies.map((name) => ({ name, value: "§ecret-cookie" })),
  origins: [{ origin: "https://example.com", localStorage: [{ name: "a", value: "ü" }] }],
  sessionStorage: { "https://example.com": { tab: "1" } },
});

let open: TestIdentities;
let ada: Identity;
beforeAll(async () => {
  open = await openTestIdentities();
  ada = await open.identities.create("default", newIdentity(), actor);
});
afterAll(() => open[Symbol.asyncDispose]());

describe("a saved state", () => {
  test("comes back as it was, and is replaced, never merged", async () => {
    expect(await open.identities.loadState(ada.id)).toBeNull();
    await using lease = await open.leases.acquire(ada.id);
    expect(await open.identities.saveState(ada.id, stateWith("a", "b"), lease.fence)).toBe(true);
    const first = await open.identities.loadState(ada.id);
    expect(first?.state).toEqual(stateWith("a", "b"));
    await open.identities.saveState(ada.id, stateWith("b"), lease.fence);
    const second = await open.identities.loadState(ada.id);
    expect(second?.state).toEqual(stateWith("b"));
    expect(second?.version).toBe((first?.version ?? 0n) + 1n);
    expect((await open.identities.get("default", ada.id)).stateCapturedAt).toEqual(second?.capturedAt);
  });

  test("is not written once the lease is released or somebody else's", async () => {
    const lease = await open.leases.acquire(ada.id);
    await open.identities.saveState(ada.id, stateWith("kept"), lease.fence);
    await lease.release();
    const late = open.identities.saveState(ada.id, stateWith("late"), lease.fence);
    await expect(late).rejects.toMatchObject({ code: "lease_lost" });
    await using next = await open.leases.acquire(ada.id);
    expect(next.fence.token).toBeGreaterThan(lease.fence.token);
    const later = open.identities.saveState(ada.id, stateWith("later"), lease.fence);
    await expect(later).rejects.toMatchObject({ code: "lease_lost" });
    await expect(open.identities.clearState(ada.id, lease.fence)).rejects.toMatchObject({
      code: "lease_lost",
    });
    expect((await open.identities.loadState(ada.id))?.state).toEqual(stateWith("kept"));
  });

  test("of credentials that were replaced meanwhile is not kept", async () => {
    const eve = await open.identities.create("default", newIdentity(), actor);
    await using lease = await open.leases.acquire(eve.id);
    const { credentials } = newIdentity();
    const updated = await open.identities.update("default", eve.id, { credentials }, actor);
    const save = (version: number) => open.identities.saveState(eve.id, stateWith("x"), lease.fence, version);
    expect(await save(eve.credentialsVersion)).toBe(false);
    expect(await open.identities.loadState(eve.id)).toBeNull();
    expect(await save(updated.credentialsVersion)).toBe(true);
  });

  test("is cleared on request", async () => {
    await using lease = await open.leases.acquire(ada.id);
    await open.identities.saveState(ada.id, stateWith("a"), lease.fence);
    await open.identities.clearState(ada.id, lease.fence);
    expect(await open.identities.loadState(ada.id)).toBeNull();
    await open.identities.saveState(ada.id, stateWith("a"), lease.fence);
    await open.identities.clearState(ada.id);
    expect(await open.identities.loadState(ada.id)).toBeNull();
  });

  test("needs its identity", async () => {
    const id = randomUUID();
    await using lease = await open.leases.acquire(id);
    await expect(open.identities.saveState(id, stateWith("a"), lease.fence)).rejects.toMatchObject({
      code: "unknown_identity",
    });
  });

  test("does not open under another master key", async () => {
    await using lease = await open.leases.acquire(ada.id);
    await open.identities.saveState(ada.id, stateWith("a"), lease.fence);
    const stranger = createIdentities({
      db: open.db.database,
      keyring: await openTestKeyring(),
      log: pino({ level: "silent" }),
    });
    await expect(stranger.loadState(ada.id)).rejects.toMatchObject({ code: "key_unavailable" });
  });

  test("of a few megabytes is no trouble, and nothing of it is in the clear", async () => {
    const state = stateWith(...Array.from({ length: 40_000 }, (_, n) => `cookie-${n}`));
    await using lease = await open.leases.acquire(ada.id);
    await open.identities.saveState(ada.id, state, lease.fence);
    expect((await open.identities.loadState(ada.id))?.state).toEqual(state);
    const { sealed } = await open.db.database.kysely
      .selectFrom("saved_states")
      .select("sealed")
      .where("identity_id", "=", ada.id)
      .executeTakeFirstOrThrow();
    expect(sealed.length).toBeGreaterThan(1_000_000);
    expect(sealed.includes("cookie-1")).toBe(false);
  });
});

describe("a time step", () => {
  test("is claimed by one of all who ask, and none before it afterwards", async () => {
    const eve = await open.identities.create("default", newIdentity(), actor);
    expect(await open.identities.lastTimeStep(eve.id)).toBeNull();
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => open.identities.claimTimeStep(eve.id, 58_000_000)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await open.identities.lastTimeStep(eve.id)).toBe(58_000_000n);
    expect(await open.identities.claimTimeStep(eve.id, 57_999_999)).toBe(false);
    expect(await open.identities.claimTimeStep(eve.id, 58_000_001n)).toBe(true);
    expect(await open.identities.lastTimeStep(eve.id)).toBe(58_000_001n);
    expect(await open.identities.claimTimeStep(randomUUID(), 1)).toBe(false);
  });
});
