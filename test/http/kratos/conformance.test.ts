import { afterAll, beforeAll, expect, test } from "vitest";
import { practiceUsers } from "../../../practice/accounts.ts";
import { kratosChecks } from "../../../scripts/conformance/kratos/checks.ts";
import { createGround } from "../../../scripts/conformance/kratos/ground.ts";
import { type ServerToCheck, startServerToCheck } from "../../support/conformance.ts";
import { quickUser } from "../../support/runs.ts";

const [, other] = practiceUsers;
let server: ServerToCheck;
beforeAll(async () => {
  server = await startServerToCheck([quickUser, other]);
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(kratosChecks())("$name", async ({ run }) => {
  await expect(run(createGround({ ...server, user: quickUser, other }))).resolves.toBeUndefined();
});
