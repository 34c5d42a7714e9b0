import { afterAll, beforeAll, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import { kratosChecks } from "../../../scripts/conformance/kratos/checks.ts";
import { createGround, type KratosGround } from "../../../scripts/conformance/kratos/ground.ts";
import { ensureProject } from "../../../src/identity/projects.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { quickUser } from "../../support/runs.ts";

let site: PracticeSite;
let parts: TestParts;
let service: Service;
let ground: KratosGround;

beforeAll(async () => {
  site = await startPracticeSite({ users: [quickUser] });
  parts = await openTestParts();
  const { apiKeys, database } = await parts.parts.store();
  await ensureProject(database, "other");
  const add = async (scope: "read" | "admin", project = "default") =>
    (await apiKeys.add(project, { scope }, { name: "test" })).key.reveal();
  service = await startService(parts.parts, new Set(["server", "worker"]));
  ground = createGround({
    url: service.url ?? "",
    key: await add("admin"),
    readKey: await add("read"),
    strangerKey: await add("admin", "other"),
    site,
    user: quickUser,
  });
});
afterAll(async () => {
  await service.stop(1_000);
  await parts[Symbol.asyncDispose]();
  await site.close();
});

test.each(kratosChecks())("$name", async ({ run }) => {
  await expect(run(ground)).resolves.toBeUndefined();
});
