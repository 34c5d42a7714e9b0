import Anchorbrowser from "anchorbrowser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FlowsFolder, makeFlowsFolder } from "../support/flows-folder.ts";
import { openSessionGround, type SessionGround } from "../support/session-ground.ts";
import { upgradeStatus } from "../support/web-socket.ts";

let flows: FlowsFolder;
let on: SessionGround;

/** A site whose login is somebody else's script's: ours waits for what that one does in the same browser. */
const site = `
import { defineSite } from "latchkey";
export default defineSite({
  hosts: ["127.0.0.1"],
  async login({ page }) {
    await page.getByText("Sign out").waitFor();
  },
});
`;

beforeAll(async () => {
  flows = await makeFlowsFolder({ "larch/site.ts": site });
  on = await openSessionGround({ settings: { LATCHKEY_FLOWS_DIR: flows.path } });
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await flows[Symbol.asyncDispose]();
});

test("while a session is opened, a script of the owner's can sign it in with the credentials and codes it asks for", async () => {
  const { sessions } = on.api.deps;
  const opening = on.create({ identityIds: ["ada"], tags: ["by hand"] });
  opening.catch(() => {});
  const begun = async () => (await sessions.list("default", { tags: ["by hand"] })).sessions[0];
  await expect.poll(begun).toMatchObject({ status: "authenticating" });
  const { id = "", identities = [] } = (await begun()) ?? {};

  // Whoever is there sees what is typed: a token of the session's, or a key that may read no credentials, is not enough.
  const record = await begun();
  if (record === undefined) throw new Error("no session");
  expect(await upgradeStatus(on.addressOf(record))).toBe(409);

  // As Anchor's own scripts do: https://github.com/anchorbrowser/library, docs/writing-auth-scripts.md.
  const client = new Anchorbrowser({ apiKey: await on.api.addKey("admin"), baseURL: on.service });
  const browser = await client.browser.connect(id);
  const page = browser.contexts()[0]?.pages()[0];
  if (page === undefined) throw new Error("no page");
  const identityId = identities[0]?.id ?? "";
  const { credentials } = await client.identities.retrieveCredentials(identityId);
  const password = credentials.find((credential) => credential.type === "username_password");
  await page.goto(`${on.site.url}/login`, { waitUntil: "domcontentloaded" });
  await page.locator('input[name="username"]').fill(password?.username ?? "");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator('input[name="password"]').fill(password?.password ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  const fresh = await client.identities.retrieveCredentials(identityId);
  const authenticator = fresh.credentials.find((credential) => credential.type === "authenticator");
  await page.locator('input[autocomplete="one-time-code"]').fill(authenticator?.otp ?? "");
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText("Sign out").waitFor();
  await browser.close();

  const session = await opening;
  expect(session).toMatchObject({ id, status: "running", identities: [{ status: "authenticated" }] });
  await on.end(session);
  const { identities: stored } = await on.ground.parts.store();
  expect(await stored.get("default", "ada")).toMatchObject({ status: "validated" });
});
