import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Applications, createApplications } from "../../../src/identity/applications/applications.ts";
import { newIdentity, openTestIdentities, type TestIdentities } from "../../support/identities.ts";

const actor = { name: "cli:ada" };
let open: TestIdentities;
let applications: Applications;
beforeAll(async () => {
  open = await openTestIdentities();
  applications = createApplications({ db: open.db.database });
});
afterAll(() => open[Symbol.asyncDispose]());

test("an application is made, found, listed, changed and removed", async () => {
  const made = await applications.create(
    "default",
    { name: "shop", url: "https://shop.example/", allowedDomains: ["login.example"], maxSessions: 2 },
    actor,
  );
  expect(made).toMatchObject({ name: "shop", allowedDomains: ["login.example"], maxSessions: 2 });
  expect(await applications.get("default", "shop")).toEqual(made);
  expect(await applications.get("default", made.id)).toEqual(made);
  const changed = await applications.update("default", made.id, { maxSessions: null, name: "store" }, actor);
  expect(changed).toMatchObject({ name: "store", maxSessions: null, url: "https://shop.example/" });
  expect(await applications.list("default")).toEqual([changed]);
  await applications.remove("default", made.id, actor);
  await expect(applications.get("default", made.id)).rejects.toMatchObject({ code: "not_found" });
  await expect(applications.remove("default", made.id, actor)).rejects.toMatchObject({ code: "not_found" });
  await expect(applications.update("default", made.id, {}, actor)).rejects.toMatchObject({
    code: "not_found",
  });
});

test("its domains and limit are its identities' too", async () => {
  const { id: applicationId } = await applications.create(
    "default",
    { name: "suite", url: "https://suite.example/", allowedDomains: ["login.example"], maxSessions: 4 },
    actor,
  );
  const own = await open.identities.create(
    "default",
    newIdentity({ applicationId, allowedDomains: ["own.example", "login.example"], maxSessions: 2 }),
    actor,
  );
  expect(own).toMatchObject({ allowedDomains: ["own.example", "login.example"], maxSessions: 2 });
  const plain = await open.identities.create("default", newIdentity({ applicationId }), actor);
  expect(plain).toMatchObject({ allowedDomains: ["login.example"], maxSessions: 4 });
});

test("it stays while identities belong to it", async () => {
  const { id: applicationId } = await applications.create(
    "default",
    { name: "kept", url: "https://kept.example/" },
    actor,
  );
  const identity = await open.identities.create("default", newIdentity({ applicationId }), actor);
  await expect(applications.remove("default", applicationId, actor)).rejects.toMatchObject({
    code: "conflict",
  });
  await open.identities.update("default", identity.id, { applicationId: null }, actor);
  await applications.remove("default", applicationId, actor);
  await expect(applications.get("default", "kept")).rejects.toMatchObject({ code: "not_found" });
});

test("names are taken once, and bad input is refused", async () => {
  await applications.create("default", { name: "one", url: "https://one.example/" }, actor);
  await expect(
    applications.create("default", { name: "one", url: "https://two.example/" }, actor),
  ).rejects.toMatchObject({ code: "conflict" });
  await expect(
    applications.create("default", { name: "", url: "http://plain.example/" }, actor),
  ).rejects.toMatchObject({ code: "invalid_argument", message: expect.stringMatching(/name: [^]*url: /) });
  await expect(
    applications.create("nowhere", { name: "two", url: "https://two.example/" }, actor),
  ).rejects.toMatchObject({ code: "not_found" });
  await expect(applications.get("default", randomUUID())).rejects.toMatchObject({ code: "not_found" });
});
