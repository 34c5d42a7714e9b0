import { afterAll, beforeAll, expect, test } from "vitest";
import { createApplications } from "../../../src/identity/applications/applications.ts";
import { createAuthFlows } from "../../../src/identity/applications/auth-flows.ts";
import { newIdentity, openTestIdentities, type TestIdentities } from "../../support/identities.ts";

let ground: TestIdentities;
const actor = { name: "test" };

beforeAll(async () => {
  ground = await openTestIdentities();
});
afterAll(() => ground[Symbol.asyncDispose]());

function parts() {
  const db = ground.db.database;
  return {
    applications: createApplications({ db }),
    flows: createAuthFlows({ db }),
    identities: ground.identities,
  };
}

test("an application begins with the standard flow, and gains and loses others", async () => {
  const { applications, flows } = parts();
  const { id } = await applications.create("default", { name: "bank", url: "https://bank.example/" }, actor);
  expect(await flows.list("default", id)).toMatchObject([
    { name: "Standard authentication", isRecommended: true, methods: ["username_password"] },
  ]);
  const made = await flows.create(
    "default",
    id,
    { name: "PIN", methods: ["custom"], customFields: [{ name: "pin" }] },
    actor,
  );
  const place = { project: "default", applicationId: id, id: made.id };
  const changed = await flows.update(place, { description: "at the till", isRecommended: true }, actor);
  expect(changed).toMatchObject({ name: "PIN", description: "at the till", customFields: [{ name: "pin" }] });
  const [overview] = await applications.overview("default", { search: "BANK.ex" });
  expect(overview).toMatchObject({ authMethods: ["custom", "username_password"], identityCount: 0 });
  await flows.remove(place, actor);
  await expect(flows.remove(place, actor)).rejects.toMatchObject({ code: "not_found" });
});

test("flows are refused what cannot be asked for, and are not found from another project", async () => {
  const { applications, flows } = parts();
  const { id } = await applications.create("default", { name: "shop", url: "https://shop.example/" }, actor);
  for (const input of [
    { name: "", methods: ["custom"] as const },
    { name: "x", methods: [] },
    { name: "x", methods: ["custom", "custom"] as const },
  ])
    await expect(
      flows.create("default", id, { ...input, methods: [...input.methods] }, actor),
    ).rejects.toMatchObject({
      code: "invalid_argument",
    });
  await expect(flows.list("other", id)).rejects.toMatchObject({ code: "not_found" });
  await expect(flows.list("default", "no-id")).rejects.toMatchObject({ code: "not_found" });
});

test("an application is found by its host, and takes its identities along only when told to", async () => {
  const { applications, identities } = parts();
  const url = "https://Mixed.Example:443/login";
  const { id } = await applications.create("default", { name: "mixed", url }, actor);
  expect((await applications.find("default", { host: "mixed.example" }))?.id).toBe(id);
  expect(await applications.find("other", { host: "mixed.example" })).toBeUndefined();
  const identity = await identities.create("default", newIdentity({ applicationId: id }), actor);
  await expect(applications.remove("default", id, actor)).rejects.toMatchObject({ code: "conflict" });
  await applications.remove("default", id, actor, { cascade: true });
  await expect(identities.get("default", identity.id)).rejects.toMatchObject({ code: "unknown_identity" });
  expect(await identities.audit("default", identity.id)).toMatchObject([
    { action: "identity.removed" },
    { action: "identity.created" },
  ]);
});

test("identities may be shown under one name, and are found by different ones", async () => {
  const { identities } = parts();
  const same = { displayName: "Unnamed Identity" };
  const first = await identities.create("default", newIdentity(same), actor);
  const second = await identities.create("default", newIdentity(same), actor);
  const odd = await identities.create("default", newIdentity({ displayName: first.id }), actor);
  expect([first.name, first.displayName]).toEqual(["Unnamed Identity", "Unnamed Identity"]);
  expect(second).toMatchObject({ displayName: "Unnamed Identity" });
  expect(second.name).toMatch(/^example\.com [\da-f]{8}$/);
  expect(odd).toMatchObject({ displayName: first.id });
  const renamed = await identities.update("default", second.id, { name: "second" }, actor);
  expect(renamed).toMatchObject({ name: "second", displayName: null });
});
