import assert from "node:assert/strict";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, type AnchorGround, expectRefusal, nowhere } from "./ground.ts";

/** A request as it is, past the SDK. */
async function raw(
  ground: AnchorGround,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  return await fetch(`${ground.url}${path}`, {
    ...init,
    headers: { "anchor-api-key": ground.key, ...init.headers },
  });
}

/** Holds an answer to the envelope, whatever refused the request. */
async function expectEnvelope(response: Response, status: number): Promise<void> {
  const body: unknown = await response.json();
  assert.equal(response.status, status, JSON.stringify(body));
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert(typeof body === "object" && body !== null && "error" in body);
  const { error } = body as { error: { code: unknown; message: unknown } };
  assert.deepEqual([Object.keys(body), Object.keys(error).toSorted()], [["error"], ["code", "message"]]);
  assert.deepEqual([error.code, typeof error.message], [status, "string"]);
}

const json = { "content-type": "application/json" };

export function errorChecks(): AnchorCheck[] {
  return [
    {
      name: "401 AuthenticationError: a key that is no good, and none at all",
      async run(ground) {
        const stranger = ground.client("lk_no_good");
        await expectRefusal(ground, stranger.applications.list(), {
          status: 401,
          is: Anchorbrowser.AuthenticationError,
        });
        await expectEnvelope(await fetch(`${ground.url}/v1/applications`), 401);
      },
    },
    {
      name: "403 PermissionDeniedError: a key that may only read",
      isPossible: ({ readKey }) => readKey !== undefined,
      async run(ground) {
        const client = ground.client(ground.readKey);
        await client.applications.list();
        const expected = { status: 403, is: Anchorbrowser.PermissionDeniedError };
        await expectRefusal(ground, client.applications.create({ source: "x.example" }), expected);
        await expectRefusal(ground, client.identities.retrieveCredentials(nowhere), expected);
      },
    },
    {
      name: "404 NotFoundError: what belongs to another project, and what no path names",
      async run(ground) {
        const client = ground.client();
        const expected = { status: 404, is: Anchorbrowser.NotFoundError };
        if (ground.strangerKey !== undefined) {
          const { id = "" } = await client.identities.create({ source: "theirs.example", credentials: [] });
          const stranger = ground.client(ground.strangerKey);
          await expectRefusal(ground, stranger.identities.retrieve(id), expected);
          await expectRefusal(ground, stranger.identities.retrieveCredentials(id), expected);
          await client.identities.delete(id);
        }
        for (const path of ["/v1/identities/a/b/c", "/v1/applications/x/nothing", "/v1/events"])
          await expectRefusal(ground, client.get(path), expected);
      },
    },
    {
      name: "other refusals have the envelope too: 400 for bad JSON, 405, 413, 415, odd paths",
      async run(ground) {
        const path = "/v1/identities";
        await expectEnvelope(await raw(ground, path, { method: "POST", headers: json, body: "{" }), 400);
        await expectEnvelope(await raw(ground, path, { method: "PATCH", headers: json, body: "{}" }), 405);
        const large = JSON.stringify({ source: "x".repeat(2 ** 21) });
        await expectEnvelope(await raw(ground, path, { method: "POST", headers: json, body: large }), 413);
        await expectEnvelope(
          await raw(ground, path, { method: "POST", headers: { "content-type": "text/xml" }, body: "<a/>" }),
          415,
        );
        await expectEnvelope(await raw(ground, "/v1/identities/%zz"), 400);
        await expectEnvelope(await raw(ground, "/v1/identities/a%00b"), 400);
      },
    },
    {
      name: "501 InternalServerError: what is not served says so, and is not to be tried again",
      async run(ground) {
        const client = ground.client();
        for (const call of [
          () => client.extensions.list(),
          () => client.tools.fetchWebpage({ url: "https://x.example" }),
          () => client.get("/v1/batch-sessions"),
        ]) {
          await expectRefusal(ground, call(), { status: 501, is: Anchorbrowser.InternalServerError });
          assert.equal(ground.last().headers.get("x-should-retry"), "false");
        }
      },
    },
    {
      name: "APIConnectionError, APIConnectionTimeoutError and APIUserAbortError are the client's own",
      async run(ground) {
        const nobody = new Anchorbrowser({ apiKey: "k", baseURL: "http://127.0.0.1:1" });
        await assert.rejects(nobody.applications.list(), Anchorbrowser.APIConnectionError);
        const client = ground.client();
        const wait = (options: Anchorbrowser.RequestOptions) =>
          client.events.waitFor("nobody", { timeoutMs: 5_000 }, options);
        await assert.rejects(wait({ timeout: 100 }), Anchorbrowser.APIConnectionTimeoutError);
        await assert.rejects(wait({ signal: AbortSignal.timeout(100) }), Anchorbrowser.APIUserAbortError);
      },
    },
    {
      name: "a client that retries repeats what may succeed later, and not what would be refused again",
      async run(ground) {
        let requests = 0;
        const client = new Anchorbrowser({
          apiKey: ground.key,
          baseURL: ground.url,
          fetch(...request) {
            requests += 1;
            return fetch(...request);
          },
        });
        const retried = { maxRetries: 1 };
        await assert.rejects(
          client.events.waitFor("nobody", { timeoutMs: 1 }, retried),
          Anchorbrowser.APIError,
        );
        assert.equal(requests, 2);
        await assert.rejects(client.extensions.list(retried), Anchorbrowser.InternalServerError);
        assert.equal(requests, 3);
      },
    },
    {
      name: "a base URL with the prefix /anchor is as good",
      async run(ground) {
        const client = new Anchorbrowser({ apiKey: ground.key, baseURL: `${ground.url}/anchor` });
        await client.applications.list();
        await assert.rejects(client.identities.retrieve(nowhere), Anchorbrowser.NotFoundError);
        await assert.rejects(client.get("/v1/nothing"), Anchorbrowser.NotFoundError);
        const browser = await client.browser.create();
        assert.equal(browser.contexts()[0]?.pages().length, 1);
        await browser.close();
        await client.sessions.all.delete();
      },
    },
    {
      name: "429 RateLimitError with Retry-After: an address that presents many bad keys",
      async run(ground) {
        const stranger = ground.client("lk_no_good");
        for (let count = 0; count < 200; count += 1) {
          const error: unknown = await stranger.applications.list().then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (!(error instanceof Anchorbrowser.AuthenticationError)) break;
        }
        await expectRefusal(ground, stranger.applications.list(), {
          status: 429,
          is: Anchorbrowser.RateLimitError,
        });
        assert.match(ground.last().headers.get("retry-after") ?? "", /^\d+$/);
        // Whose key is good is let through from the same address.
        await ground.client().applications.list();
      },
    },
  ];
}
