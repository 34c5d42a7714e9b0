import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import type { Scope } from "../../src/http/api-keys/scopes.ts";
import { createApp } from "../../src/http/app.ts";
import type { HttpDeps } from "../../src/http/deps.ts";
import { openHttpDeps } from "../../src/http/serve.ts";
import type { Parts } from "../../src/parts.ts";

/** The API on a test's parts, called without a socket. */
export interface TestApi extends AsyncDisposable {
  app: FastifyInstance;
  deps: HttpDeps;
  /** A new key of the project. */
  addKey(scope: Scope, project?: string): Promise<string>;
  /** A request, in the name of a key of scope `admin` unless told otherwise. */
  call(options: InjectOptions & { url: string; key?: string | null }): Promise<LightMyRequestResponse>;
}

export async function openTestApi(parts: Parts, overrides: Partial<HttpDeps> = {}): Promise<TestApi> {
  const { config, log, redactor, artifacts, browsers, processName } = parts;
  const store = await parts.store();
  const { queue } = await parts.queueing();
  const catalogue = await parts.catalogue();
  const opened = await openHttpDeps({
    config,
    log,
    redactor,
    artifacts,
    browsers,
    processName,
    ...store,
    queue,
    catalogue,
  });
  const deps: HttpDeps = { ...opened, ...overrides };
  const app = createApp({ log, readiness: {}, api: deps });
  const addKey = async (scope: Scope, project = "default") => {
    const { key } = await store.apiKeys.add(project, { scope }, { name: "test" });
    return key.reveal();
  };
  const admin = await addKey("admin");
  return {
    app,
    deps,
    addKey,
    call({ key = admin, headers = {}, ...options }) {
      const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
      return app.inject({ ...options, headers: { ...authorization, ...headers } });
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}
