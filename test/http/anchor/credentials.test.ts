import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../../../src/config.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { base32, totpCode } from "../../support/totp.ts";

let ground: TestParts;
const seed = Buffer.from("a seed of an authenticator");
let id: string;

beforeAll(async () => {
  ground = await openTestParts();
  const { database, identities } = await ground.parts.store();
  await ensureProject(database, "other");
  const identity = await identities.create(
    "default",
    {
      name: "ada",
      sourceUrl: "https://site.example/",
      credentials: [
        { type: "username_password", username: new Secret("ada"), password: new Secret("pass word") },
        {
          type: "authenticator",
          secret: new Secret(base32(seed)),
          algorithm: "sha256",
          digits: 8,
          periodSeconds: 45,
        },
        { type: "custom", fields: { pin: new Secret("12 34") } },
      ],
    },
    { name: "test" },
  );
  id = identity.id;
});
afterAll(() => ground[Symbol.asyncDispose]());

/** The API with the setting as it is to be; closed with the test. */
async function apiWith(credentialsRoute: Config["credentialsRoute"]): Promise<TestApi> {
  const { config } = ground.parts;
  return await openTestApi(ground.parts, { config: { ...config, credentialsRoute } });
}
const read = (api: TestApi, key: string) => api.call({ url: `/v1/identities/${id}/credentials`, key });

async function entries(): Promise<string[]> {
  const { identities } = await ground.parts.store();
  const audit = await identities.audit("default", id);
  return audit.filter(({ action }) => action === "credentials.revealed").map(({ actor }) => actor);
}

test("credentials are shown with the identity's own kind of code, no time step is spent, nothing is cached", async () => {
  await using api = await apiWith("admin");
  const before = await entries();
  const key = await api.addKey("admin");
  const steps = () => Math.floor(Date.now() / 45_000);
  const code = (step: number) => totpCode({ key: seed, step, digits: 8, algorithm: "sha256" });
  const first = steps();
  const answer = await read(api, key);
  const codes = [code(first), code(steps())];
  expect(answer.headers["cache-control"]).toBe("no-store");
  const { credentials } = answer.json<{ credentials: { otp?: string }[] }>();
  expect(credentials).toEqual([
    { type: "username_password", username: "ada", password: "pass word" },
    { type: "authenticator", secret: base32(seed), otp: expect.any(String) },
    { type: "custom", fields: [{ name: "pin", value: "12 34" }] },
  ]);
  expect(codes).toContain(credentials[1]?.otp);
  const { identities } = await ground.parts.store();
  expect(await identities.lastTimeStep(id)).toBeNull();
  expect(await entries()).toEqual([`key:${key.split("_")[1]}`, ...before]);
});

describe("who may read credentials", () => {
  test.each([
    { setting: "admin" as const, scope: "submit" as const, status: 403 },
    { setting: "admin" as const, scope: "admin" as const, status: 200 },
    { setting: "admin" as const, scope: "credentials" as const, status: 200 },
    { setting: "credentials" as const, scope: "admin" as const, status: 403 },
    { setting: "credentials" as const, scope: "credentials" as const, status: 200 },
    { setting: "off" as const, scope: "credentials" as const, status: 403 },
  ])("set to $setting, a key of scope $scope is answered $status", async ({ setting, scope, status }) => {
    await using api = await apiWith(setting);
    const before = await entries();
    const answer = await read(api, await api.addKey(scope));
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body.includes("pass word")).toBe(status === 200);
    // What is refused reads nothing, and leaves no entry.
    expect((await entries()).length - before.length).toBe(status === 200 ? 1 : 0);
  });

  test("nobody of another project, whatever the scope", async () => {
    await using api = await apiWith("admin");
    const before = await entries();
    const answer = await read(api, await api.addKey("credentials", "other"));
    expect(answer.json()).toEqual({ error: { code: 404, message: expect.any(String) } });
    expect(await entries()).toEqual(before);
  });
});
