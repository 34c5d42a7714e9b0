import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Artifacts, createArtifacts } from "./artifacts.ts";
import { watchConsole } from "./browser/evidence.ts";
import { type Browsers, openBrowsers } from "./browser/open-browsers.ts";
import { readConfig } from "./config.ts";
import type { RunEvent } from "./events.ts";
import { toFailure } from "./failure.ts";
import type { Flow, FlowContext } from "./flow.ts";
import type { SavedState } from "./identity/types.ts";
import { checkSchema } from "./job/catalogue/check-schema.ts";
import { attemptFlow } from "./job/run/attempt-flow.ts";
import { failRun } from "./job/run/fail-run.ts";
import { createKnownSecrets } from "./job/run/known-secrets.ts";
import type { FlowRun } from "./job/run/run-context.ts";
import { createRunSignal, type RunSignal } from "./job/run/run-signal.ts";
import { createLogger } from "./log.ts";
import { untold } from "./observe.ts";
import { type Artifact, type FailedOutcome, failedOutcome } from "./outcome.ts";
import { createRedactor } from "./redact.ts";
import { headedVariable } from "./testing/headed-variable.ts";
import { type LocalSite, openLocalSite, type TestSite } from "./testing/local-site.ts";

export type { TestSite } from "./testing/local-site.ts";

/** What a flow is tested with. Everything but the site has a default. */
export interface FlowTest {
  site: TestSite;
  /** As a job would carry it: it goes through the flow's schema. */
  input?: unknown;
  /** Who the flow is told it is. The source URL is the site's unless given; one without a host is below it. */
  identity?: Partial<FlowContext["identity"]>;
  /** What makes the site take the browser for a signed-in one. */
  state?: { cookies?: Readonly<Record<string, string>>; localStorage?: Readonly<Record<string, string>> };
  /** Longest it may take, in milliseconds; the flow's own deadline, or 30,000, unless given. */
  deadlineMs?: number;
}

/** What became of it: as a run's, but for what only a stored run has. */
export interface TestedFlow<Output> {
  outcome: { status: "succeeded"; result: Output } | FailedOutcome;
  /** In the order in which they ended. */
  steps: { name: string; status: "ended" | "failed" }[];
  /** The files it left, a failure's screenshot among them. */
  artifacts: (Artifact & { content: Buffer })[];
  /** What was asked of the site, where it is one of this test's own: `GET /invoices`. */
  requests: readonly string[];
}

export type TestFlow = <Input, Output>(
  flow: Flow<Input, Output>,
  test: FlowTest,
) => Promise<TestedFlow<Output>>;

/** A browser for the tests of a file; each test gets a session of its own in it. */
export interface FlowTester extends AsyncDisposable {
  testFlow: TestFlow;
}

/** How long a flow may take unless it or the test says, in milliseconds. */
const longestMs = 30_000;

/**
 * Runs a flow on a page of the test's own, in a real browser, with a made-up identity: no database, no login, no
 * network. Never throws for what a flow does: that is the outcome.
 * @throws Failure `browser_unavailable`
 */
export const testFlow: TestFlow = async (flow, test) => {
  await using tester = await openFlowTester();
  return await tester.testFlow(flow, test);
};

/** Opens a browser that several tests share: `testFlow` alone starts one each time. */
export async function openFlowTester(): Promise<FlowTester> {
  const config = readConfig(process.env);
  const redactor = createRedactor();
  const log = createLogger({ level: "silent", format: "json", redactor });
  const folder = await mkdtemp(join(tmpdir(), "latchkey-flow-test-"));
  const browsers = openBrowsers({
    config: { ...config, provider: "local", spareSession: false },
    log,
    tell: untold,
    redactor,
  });
  const artifacts = createArtifacts({ dir: folder });
  return {
    testFlow: (flow, test) => run({ flow, test, browsers, artifacts, log }),
    async [Symbol.asyncDispose]() {
      await browsers[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Ground {
  browsers: Browsers;
  artifacts: Artifacts;
  log: FlowRun["deps"]["log"];
}

async function run<Input, Output>({
  flow,
  test,
  browsers,
  artifacts,
  log,
}: Ground & { flow: Flow<Input, Output>; test: FlowTest }): Promise<TestedFlow<Output>> {
  await using site = await openLocalSite(test.site);
  using ending = createRunSignal(
    new AbortController().signal,
    test.deadlineMs ?? flow.deadlineMs ?? longestMs,
  );
  const events: RunEvent[] = [];
  const flowRun: FlowRun = {
    id: randomUUID(),
    job: { trace: false },
    deps: { artifacts, emit: (event) => events.push(event), log },
    signal: ending.signal,
    known: createKnownSecrets(),
    evidence: {},
    watched: undefined,
  };
  const outcome = await outcomeOf<Output>({ flow: flow as Flow, test, site, browsers, flowRun, ending });
  const stored = events.flatMap((event) => (event.type === "artifact" ? [event.artifact] : []));
  return {
    outcome,
    steps: events.flatMap((event) =>
      event.type === "step" && event.status !== "started" ? [{ name: event.name, status: event.status }] : [],
    ),
    artifacts: await Promise.all(
      stored.map(async (artifact) => ({
        ...artifact,
        content: await buffer((await artifacts.read(flowRun.id, artifact.name)).stream),
      })),
    ),
    requests: site.requests,
  };
}

/** The flow as a run would work on it, from its input's check to the evidence of a failure. */
async function outcomeOf<Output>({
  flow,
  test,
  site,
  browsers,
  flowRun,
  ending,
}: {
  flow: Flow;
  test: FlowTest;
  site: LocalSite;
  browsers: Browsers;
  flowRun: FlowRun;
  ending: RunSignal;
}): Promise<TestedFlow<Output>["outcome"]> {
  const sourceUrl = new URL(test.identity?.sourceUrl ?? "/", site.url).href;
  const identity = { id: randomUUID(), name: "tester", metadata: {}, ...test.identity, sourceUrl };
  try {
    const input = await checkSchema(flow.input, test.input, { code: "invalid_input", what: "The input" });
    await using session = await browsers.openSession({
      state: savedState(test.state ?? {}, new URL(site.url)),
      headed: process.env[headedVariable] === "1",
      signal: flowRun.signal,
    });
    ending.follow(session.lost);
    flowRun.watched = { session, consoleErrors: watchConsole(session.page) };
    try {
      await session.page.goto(sourceUrl);
      const result = await attemptFlow(flowRun, { flow, input, claim: { identity }, session });
      return { status: "succeeded", result: result as Output };
    } catch (error) {
      return await failRun(flowRun, error);
    }
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === "browser_unavailable") throw failure;
    return failedOutcome(failure);
  }
}

function savedState(
  { cookies = {}, localStorage = {} }: NonNullable<FlowTest["state"]>,
  { hostname, origin, protocol }: URL,
): SavedState {
  const entries = Object.entries(localStorage).map(([name, value]) => ({ name, value }));
  return {
    cookies: Object.entries(cookies).map(([name, value]) => ({
      name,
      value,
      domain: hostname,
      path: "/",
      expires: -1,
      httpOnly: false,
      secure: protocol === "https:",
      sameSite: "Lax",
    })),
    origins: entries.length === 0 ? [] : [{ origin, localStorage: entries }],
    sessionStorage: {},
  };
}
