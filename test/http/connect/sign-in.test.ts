import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import { type Service, startService } from "../../../src/main.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { addApplication, makeToken, openVisitor, stateIn, textOf } from "../../support/connect.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { codeOf } from "../../support/practice-login.ts";
import { quickUser } from "../../support/runs.ts";

let ground: TestParts;
let api: TestApi;
let site: PracticeSite;
let worker: Service;
beforeAll(async () => {
  [ground, site] = await Promise.all([openTestParts(), startPracticeSite({ users: [quickUser] })]);
  api = await openTestApi(ground.parts);
  worker = await startService(ground.parts, new Set(["worker"]));
});
afterAll(async () => {
  await worker.stop(0);
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(() => site.reset());

const { username, password } = quickUser;
const newVisitor = async (query: Record<string, string> = {}, more: object = {}) => {
  const application = await addApplication(ground.parts, { url: `${site.url}/` });
  const token = await makeToken(ground.parts, application.id, more);
  return { application, token, visitor: await openVisitor(api, token, query) };
};
const identitiesOf = async (applicationId: string) => {
  const { identities } = await ground.parts.store();
  return (await identities.list("default")).items.filter((each) => each.applicationId === applicationId);
};

test("an account is connected with a code that is handed in, and the callback is told", async () => {
  const { application, token, visitor } = await newVisitor({ userName: "Ada’s account" });
  const form = await visitor.get();
  expect(stateIn(form.body)).toBe("form");
  expect((await visitor.post("credentials", { username, password })).headers.location).toBe(visitor.path);
  const asked = await visitor.until("code");
  expect(textOf(asked.body)).toContain("Enter your code");
  expect(await identitiesOf(application.id)).toMatchObject([
    { status: "pending", displayName: "Ada’s account" },
  ]);
  const handedIn = await visitor.post("code", { code: await codeOf(quickUser) });
  expect(handedIn.statusCode).toBe(303);
  const done = await visitor.until("done", "refused");
  expect(stateIn(done.body)).toBe("done");
  const [identity] = await identitiesOf(application.id);
  expect(identity).toMatchObject({ status: "validated" });
  const next = `https://app.example/callback?tenant=7&identityId=${identity?.id}&identity_id=${identity?.id}&status=success`;
  expect(done.body).toContain(next.replaceAll("&", "&amp;"));
  // It was used up, and its visit shows the same for as long as somebody looks.
  expect((await api.app.inject({ url: "/identity/create", query: { token } })).statusCode).toBe(410);
  expect(stateIn((await visitor.get()).body)).toBe("done");
});
