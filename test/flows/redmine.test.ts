import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import issues from "../../flows/redmine/issues.ts";
import type { Session } from "../../src/browser/session.ts";
import { type FlowRunner, startFlowRunner } from "../support/flow-runner.ts";
import { realSite } from "../support/real-site.ts";
import { type RedmineFixture, startRedmineFixture } from "../support/redmine-fixture.ts";

const real = realSite("REDMINE");
let runner: FlowRunner;
let session: Session;

beforeAll(async () => {
  runner = await startFlowRunner();
});
afterAll(() => runner[Symbol.asyncDispose]());
beforeEach(async () => {
  session = await runner.open();
  session.page.setDefaultTimeout(10_000);
});
afterEach(() => session.close());

describe("redmine/issues, on pages saved from Redmine", { timeout: 30_000 }, () => {
  let site: RedmineFixture;
  const list = (input?: unknown) => runner.run(issues, { session, sourceUrl: `${site.url}/my/page`, input });

  beforeEach(async () => {
    site = await startRedmineFixture();
    await session.context.addCookies([{ ...site.cookie, url: site.url }]);
    await session.page.goto(`${site.url}/my/page`);
  });
  afterEach(() => site[Symbol.asyncDispose]());

  test("lists every open issue, newest first, from one page to the next", async () => {
    const { issues, more } = await list();
    expect(issues).toHaveLength(44);
    expect(more).toBe(false);
    const ids = issues.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    expect(issues.every(({ closed }) => !closed)).toBe(true);
    expect(issues.at(-1)).toEqual({
      id: 1,
      url: `${site.url}/issues/1`,
      project: "harvest",
      tracker: "Bug",
      status: "New",
      closed: false,
      priority: "High",
      subject: "Weighbridge shows yesterday's total",
      assignee: "Fern Flow",
    });
    expect(issues.find(({ id }) => id === 4)).toMatchObject({
      subject: `Prices with "quotes", commas; and <b>tags</b> are cut`,
      assignee: null,
    });
  });

  test("stops at the limit and says that there are more", async () => {
    expect(await list({ limit: 3 })).toMatchObject({ issues: { length: 3 }, more: true });
    expect(await list({ limit: 25 })).toMatchObject({ issues: { length: 25 }, more: true });
    expect(await list({ limit: 30 })).toMatchObject({ issues: { length: 30 }, more: true });
    expect(await list({ limit: 44 })).toMatchObject({ issues: { length: 44 }, more: false });
  });

  test("lists one project's issues, closed ones included", async () => {
    const { issues } = await list({ project: "orchard", status: "all" });
    expect(issues.map(({ id, project, closed, subject }) => [id, project, closed, subject])).toEqual([
      [6, "orchard", true, "Pruning calendar"],
      [5, "orchard", false, "Äpfel & Birnen: umlauts in the export"],
    ]);
  });

  test("gives an empty list where Redmine says that there is nothing", async () => {
    expect(await list({ project: "orchard", status: "closed" })).toEqual({ issues: [], more: false });
  });

  test("fails on a project that the identity cannot see", async () => {
    await expect(list({ project: "nonesuch" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("fails when the session has lapsed, rather than list nothing", async () => {
    site.endSession();
    await expect(list()).rejects.toMatchObject({ code: "session_lapsed" });
  });
});

describe.skipIf(real === undefined)("redmine/issues, on a real Redmine", { timeout: 120_000 }, () => {
  const list = (input?: unknown) => runner.run(issues, { session, sourceUrl: `${real?.url}/my/page`, input });

  beforeEach(async () => {
    const { page } = session;
    await page.goto(`${real?.url}/login`);
    await page.locator("#username").fill(real?.username ?? "");
    await page.locator("#password").fill(real?.password ?? "");
    await page.locator("#login-submit").click();
    await page.locator("#loggedas").waitFor();
  });

  test("lists what the site's own pages show", async () => {
    const all = await list({ status: "all", limit: 1_000 });
    const ids = all.issues.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));

    const [newest] = all.issues;
    await session.page.goto(newest?.url ?? "");
    expect(await session.page.title()).toContain(`#${newest?.id}: ${newest?.subject}`);

    await session.page.goto(`${real?.url}/my/page`);
    const open = await list({ limit: 1_000 });
    await session.page.goto(`${real?.url}/my/page`);
    const closed = await list({ status: "closed", limit: 1_000 });
    expect(open.issues.length + closed.issues.length).toBe(all.issues.length);
    expect(closed.issues.every((issue) => issue.closed)).toBe(true);
    expect(open.issues.some((issue) => issue.closed)).toBe(false);
  });

  test("lists one project's issues up to the limit", async () => {
    const [newest] = (await list({ limit: 1 })).issues;
    const { issues } = await list({ project: newest?.project, limit: 5 });
    expect(issues[0]).toEqual(newest);
    expect(new Set(issues.map(({ project }) => project))).toEqual(new Set([newest?.project]));
  });

  test("fails on a project that the identity cannot see", async () => {
    await expect(list({ project: "no-such-project-here" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("fails when the session has lapsed, even where the public may read", async () => {
    await session.context.clearCookies();
    await expect(list()).rejects.toMatchObject({ code: "session_lapsed" });
  });
});
