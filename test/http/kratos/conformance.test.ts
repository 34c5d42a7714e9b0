import { afterAll, beforeAll, expect, test } from "vitest";
import { kratosChecks } from "../../../scripts/conformance/kratos/checks.ts";
import { createGround } from "../../../scripts/conformance/kratos/ground.ts";
import { type ServerToCheck, startServerToCheck } from "../../support/conformance.ts";
import { quickUser } from "../../support/runs.ts";

let server: ServerToCheck;
beforeAll(async () => {
  server = await startServerToCheck([quickUser]);
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(kratosChecks())("$name", async ({ run }) => {
  await expect(run(createGround({ ...server, user: quickUser }))).resolves.toBeUndefined();
});
