import { resolve } from "node:path";
import { generate } from "otplib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { cancelRun } from "../../../src/job/cancel.ts";
import { Secret } from "../../../src/secret.ts";
import { openTestApi, type TestApi } from "../../support/api.ts";
import { assertNoChromiumLeft, launchChromium } from "../../support/chromium.ts";
import { type CliProcess, latchkey, startCli } from "../../support/cli.ts";
import { startLiveSite } from "../../support/live-site.ts";
import { openTestParts, type TestParts } from "../../support/parts.ts";
import { ended, flowStarted, submit } from "../../support/runs.ts";
import type { TestServer } from "../../support/web-server.ts";

const ada = {
  username: "ada@larch.example",
  password: "ash-birch-Cedar-42",
  totpSecret: "MFSGCLLMMFZGG2BNOBZGCY3UNFRWKLJR",
};

let site: PracticeSite;
let pages: TestServer;
let ground: TestParts;
let api: TestApi;
let service: string;
/** Another process, as a worker on another machine is. */
let worker: CliProcess;
let viewers: Browser;
let viewing: BrowserContext;

beforeAll(async () => {
  site = await startPracticeSite({ users: [ada] });
  pages = await startLiveSite();
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_LOGIN_TIMEOUT_MS: "20000" },
  });
  api = await openTestApi(ground.parts);
  service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  worker = startCli(["worker"], ground.environment);
  viewers = await launchChromium();
  await worker.says("latchkey is up");
});
beforeEach(async () => {
  site.reset();
  viewing = await viewers.newContext({ viewport: { width: 1_000, height: 800 } });
});
afterEach(async () => {
  await viewing.close();
});
afterAll(async () => {
  worker.child.kill("SIGTERM");
  await worker.ended();
  await viewers.close();
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
  await site.close();
  await pages[Symbol.asyncDispose]();
  assertNoChromiumLeft();
});

async function addIdentity(name: string, { totp }: { totp: boolean }): Promise<Identity> {
  const { identities } = await ground.parts.store();
  const { username, password, totpSecret } = ada;
  return identities.create(
    "default",
    {
      name,
      sourceUrl: `${site.url}/`,
      credentials: [
        { type: "username_password", username: new Secret(username), password: new Secret(password) },
        ...(totp ? [{ type: "authenticator" as const, secret: new Secret(totpSecret) }] : []),
      ],
    },
    { name: "test" },
  );
}

/** A link as the API makes it. */
async function linkTo(runId: string, scope: "view" | "drive"): Promise<string> {
  const answer = await api.call({ method: "POST", url: `/v1/runs/${runId}/live`, payload: { scope } });
  expect(answer.statusCode, answer.body).toBe(201);
  const { pathname, search } = new URL(answer.json<{ url: string }>().url);
  return `${service}${pathname}${search}`;
}

const stateOf = (viewer: Page) => viewer.locator("body").getAttribute("data-state");

/** Where a point of the page, 1280 by 800 as sessions of runs are, lies in the viewer's. */
async function at(viewer: Page, x: number, y: number): Promise<[number, number]> {
  const box = await viewer.locator("#picture").boundingBox();
  if (box === null) throw new Error("There is no picture.");
  const width = Number(await viewer.locator("#picture").getAttribute("width"));
  const height = Number(await viewer.locator("#picture").getAttribute("height"));
  return [box.x + (x / 1_280) * box.width, box.y + (y / ((1_280 * height) / width)) * box.height];
}

test("a person takes over the page of a run that another process works on, and its end is told", async () => {
  const identity = await addIdentity("ada", { totp: true });
  const runId = await submit(ground.parts, {
    identityId: identity.id,
    flow: "trial/stay",
    input: { url: pages.url, until: "Grace" },
  });
  const viewer = await viewing.newPage();
  // Before the run has begun, maybe: it is waited for.
  await viewer.goto(await linkTo(runId, "drive"));
  await flowStarted(ground.parts, runId);
  await expect.poll(() => viewer.title()).toContain("Form");
  await expect.poll(() => stateOf(viewer)).toBe("live");

  const looking = await viewing.newPage();
  await looking.goto(await linkTo(runId, "view"));
  await expect.poll(() => stateOf(looking)).toBe("live");
  await looking.mouse.click(...(await at(looking, 50, 35)));
  await looking.keyboard.type("not this");

  await viewer.mouse.click(...(await at(viewer, 50, 35)));
  await viewer.keyboard.type("document");
  await viewer.getByRole("button", { name: "Reload" }).click();
  await viewer.mouse.dblclick(...(await at(viewer, 50, 335)));
  await expect.poll(() => viewer.title()).toContain("double");
  await cancelRun(await cancelDeps(), "default", runId);
  const run = await ended(ground.parts, runId);
  expect(run.outcome).toMatchObject({ code: "cancelled" });
  for (const page of [viewer, looking])
    await expect.poll(() => page.locator("#status").textContent()).toBe("The run has ended.");
  const gone = await api.call({ method: "POST", url: `/v1/runs/${runId}/live`, payload: {} });
  expect(gone.json<{ error: { code: string } }>().error.code).toBe("conflict");
});

const cancelDeps = async () => ({ ...(await ground.parts.store()), ...(await ground.parts.queueing()) });

test("a login is shown to a person who drives, who ends it by hand, and not to one who may only look", async () => {
  const identity = await addIdentity("grace", { totp: false });
  const runId = await submit(ground.parts, { identityId: identity.id, flow: "trial/look" });
  const viewer = await viewing.newPage();
  const looking = await viewing.newPage();
  await viewer.goto(await linkTo(runId, "drive"));
  await looking.goto(await linkTo(runId, "view"));
  const run = await ended(ground.parts, runId, async ({ type }) => {
    if (type !== "waiting_for_code") return;
    await expect.poll(() => stateOf(viewer)).toBe("live");
    await expect.poll(() => stateOf(looking)).toBe("signing_in");
    // The page's field has the focus; whoever drives types what the phone says.
    await viewer.locator("#keys").focus();
    await typeCode(viewer);
  });
  expect(run.outcome).toMatchObject({ status: "succeeded" });
  await expect.poll(() => looking.locator("#status").textContent()).toBe("The run has ended.");
});

async function typeCode(viewer: Page): Promise<void> {
  await viewer.keyboard.type(await generate({ secret: ada.totpSecret }));
  await viewer.keyboard.press("Enter");
}

test("`latchkey runs live` prints a link; a key that may only read gets no link that drives", async () => {
  const identity = await addIdentity("edsger", { totp: true });
  const job = { identityId: identity.id, flow: "trial/look" };
  const runId = await submit(ground.parts, job, { delayMs: 60_000 });
  const { stdout, stderr } = await latchkey(
    ["runs", "live", runId.slice(0, 8), "--drive", "--server", service],
    ground.environment,
  );
  expect(stderr).toBe("");
  expect(stdout).toMatch(new RegExp(`^${service}/live/${runId}\\?token=lks_[\\w-]+\n$`));
  const token = new URL(stdout.trim()).searchParams.get("token") ?? "";
  expect(api.deps.sessionTokens.peek(token, runId)).toEqual({ project: "default", scope: "drive" });

  const reader = await api.addKey("read");
  const ask = (scope: string) =>
    api.call({ method: "POST", url: `/v1/runs/${runId}/live`, payload: { scope }, key: reader });
  expect((await ask("view")).statusCode).toBe(201);
  expect((await ask("drive")).statusCode).toBe(403);
  await cancelRun(await cancelDeps(), "default", runId);
  await ended(ground.parts, runId);
  expect(`${ground.logged()}${worker.output()}`).not.toContain(token);
});

test("nobody comes in as a worker who has not the master key", async () => {
  const socket = new WebSocket(
    `${service.replace("http", "ws")}/live/calls/00000000-0000-4000-8000-000000000000`,
    { headers: { authorization: "Bearer 00.00" } },
  );
  const { promise, resolve: answered } = Promise.withResolvers<number | undefined>();
  socket.on("error", () => undefined);
  socket.on("unexpected-response", (_request, { statusCode }) => answered(statusCode));
  expect(await promise).toBe(404);
  socket.terminate();
});
