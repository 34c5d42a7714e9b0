import { afterAll, beforeAll, expect, test } from "vitest";
import { defineFlow, z } from "../src/index.ts";
import { type FlowTester, openFlowTester, testFlow } from "../src/testing.ts";
import { assertNoChromiumLeft } from "./support/chromium.ts";

let tester: FlowTester;
beforeAll(async () => {
  tester = await openFlowTester();
});
afterAll(async () => {
  await tester[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

const look = defineFlow({
  description: "Look",
  input: z.object({ path: z.string().default("/") }).prefault({}),
  async run({ page, input, identity, step, files }) {
    await step("open", () => page.goto(new URL(input.path, identity.sourceUrl).href));
    await step("keep", () => files.put("note.txt", identity.name));
    return step("read", async () => ({
      heading: await page.getByRole("heading").innerText({ timeout: 500 }),
      cookie: await page.evaluate("document.cookie"),
      kept: await page.evaluate("localStorage.getItem('token')"),
    }));
  },
});

test("a flow gets a page of the test's own, its identity, and a state that counts as signed in", async () => {
  const { outcome, steps, artifacts, requests } = await tester.testFlow(look, {
    site: { "/": "<h1>Home</h1>", "/in": "<h1>Inside</h1>" },
    input: { path: "/in" },
    identity: { name: "ada" },
    state: { cookies: { session: "s1" }, localStorage: { token: "t1" } },
  });
  expect(outcome).toEqual({
    status: "succeeded",
    result: { heading: "Inside", cookie: "session=s1", kept: "t1" },
  });
  expect(steps.map(({ name }) => name)).toEqual(["open", "keep", "read"]);
  expect(artifacts.map(({ name, content }) => [name, content.toString()])).toEqual([["note.txt", "ada"]]);
  expect(requests).toEqual(expect.arrayContaining(["GET /", "GET /in"]));
});

test("what a flow does wrong is the outcome, with its evidence", async () => {
  const { outcome, steps, artifacts } = await tester.testFlow(look, { site: "<p>No heading</p>" });
  expect(outcome).toMatchObject({
    status: "failed",
    code: "flow_timed_out",
    evidence: { step: "read", screenshot: "failure.png" },
  });
  expect(steps.at(-1)).toEqual({ name: "read", status: "failed" });
  expect(artifacts.find(({ name }) => name === "failure.png")?.content.length).toBeGreaterThan(1_000);
  expect((await tester.testFlow(look, { site: "<h1>Hi</h1>", input: { path: 7 } })).outcome).toMatchObject({
    code: "invalid_input",
  });
});

test("a flow that never ends meets its deadline, and a handler of its own serves it", async () => {
  const stuck = defineFlow({ description: "Hang", run: () => new Promise<string>(() => {}) });
  const { outcome } = await testFlow(stuck, {
    site: (_request, response) => response.end("<h1>Hi</h1>"),
    deadlineMs: 1_500,
  });
  expect(outcome).toMatchObject({ status: "failed", code: "deadline_exceeded" });
});
