import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitOwnFlow, submitOwnFlow } from "../../../src/job/own-flow.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";

let ground: TestParts;
let api: TestApi;

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const payload = {
  source: "https://site.example/",
  credentials: [{ type: "username_password", username: "ada", password: "pass" }],
};
type Answer = { id: string; status: string; error?: unknown };

test("where no worker is, a run is left waiting and told as it is", async () => {
  const made = await api.call({ method: "POST", url: "/v1/identities", payload });
  const { id } = made.json<Answer>();
  const { submitter, database, runs } = api.deps;
  const run = await submitOwnFlow(submitter, {
    project: "default",
    flow: "latchkey/validate",
    identityId: id,
  });
  const wait = { database, runs, run, signal: new AbortController().signal };
  expect(await awaitOwnFlow({ ...wait, takeUpMs: 50, mostMs: 60_000 })).toMatchObject({ status: "queued" });
  expect(await awaitOwnFlow({ ...wait, takeUpMs: 60_000, mostMs: 50 })).toMatchObject({ status: "queued" });
  const gone = AbortSignal.timeout(50);
  expect(await awaitOwnFlow({ ...wait, signal: gone, takeUpMs: 60_000, mostMs: 60_000 })).toMatchObject({
    status: "queued",
  });
});

test("an identity is made though its login cannot be begun: made once more, it would be there twice", async () => {
  const queue = { ...api.deps.queue, addAll: () => Promise.reject(new Error("away")) };
  const submitter: TestApi["deps"]["submitter"] = {
    submit: (submission) => queue.addAll().then(() => api.deps.submitter.submit(submission)),
  };
  await using crippled = await openTestApi(ground.parts, { submitter });
  for (const validateAsync of ["true", "false"]) {
    const answer = await crippled.call({
      method: "POST",
      url: `/v1/identities?validateAsync=${validateAsync}`,
      payload,
    });
    expect([answer.statusCode, answer.json<Answer>().status]).toEqual([201, "pending"]);
  }
});

test("what is refused makes no application", async () => {
  const answer = await api.call({
    method: "POST",
    url: "/v1/identities",
    payload: {
      ...payload,
      source: "https://refused.example/",
      credentials: [{ type: "authenticator", secret: "1" }],
    },
  });
  expect(answer.statusCode).toBe(400);
  const { applications } = await ground.parts.store();
  expect(await applications.find("default", { host: "refused.example" })).toBeUndefined();
});

test("identities of one new host that are made at once share one application", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      api.call({
        method: "POST",
        url: "/v1/identities",
        payload: { source: "together.example", name: "One" },
      }),
    ),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 201));
  const { applications } = await ground.parts.store();
  const found = await applications.overview("default", { search: "together.example" });
  expect(found.map(({ identityCount }) => identityCount)).toEqual([8]);
});

test("an identity that nothing is known of to sign in with is signed in with by nobody", async () => {
  const before = await api.call({ url: "/v1/runs" });
  const answer = await api.call({
    method: "POST",
    url: "/v1/identities",
    payload: { source: "bare.example" },
  });
  expect(answer.json<Answer>().status).toBe("pending");
  expect((await api.call({ url: "/v1/runs" })).json<{ items: [] }>().items).toHaveLength(
    before.json<{ items: [] }>().items.length,
  );
});
