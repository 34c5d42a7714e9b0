import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { scopes } from "../../src/http/api-keys/scopes.ts";
import { latchkeyDialect } from "../../src/http/dialect.ts";
import { routes } from "../../src/http/routes.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

let ground: TestParts;
let api: TestApi;
const bad: Record<string, string> = {};

beforeAll(async () => {
  ground = await openTestParts();
  api = await openTestApi(ground.parts);
  const { apiKeys, database } = await ground.parts.store();
  const actor = { name: "test" };
  const removed = await apiKeys.add("default", { scope: "admin" }, actor);
  await apiKeys.remove("default", removed.apiKey.id, actor);
  const expired = await apiKeys.add("default", { scope: "admin" }, actor);
  await database.kysely
    .updateTable("api_keys")
    .set({ expires_at: new Date(Date.now() - 1_000) })
    .where("id", "=", expired.apiKey.id)
    .execute();
  const good = await api.addKey("admin");
  Object.assign(bad, {
    "a removed key": removed.key.reveal(),
    "an expired key": expired.key.reveal(),
    "a misspelt key": `${good.slice(0, -1)}${good.endsWith("x") ? "y" : "x"}`,
    "no key at all": "",
    "an odd key": "lk_é",
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

/** What a body has to hold lest the request be held for long. */
const payloads: Record<string, object> = { "/v1/events/:name/wait": { timeoutMs: 0 } };

const refusals = { unauthenticated: 401, forbidden: 403 };

describe.each(routes.map((route) => ({ ...route, title: `${route.method} ${route.url}` })))(
  "$title",
  ({ method, url, access, dialect = latchkeyDialect }) => {
    const path = url.replaceAll(/:\w+/g, () => randomUUID());
    // Each route from an address of its own: one that presents so many bad keys is made to wait.
    const remoteAddress = `198.51.100.${routes.findIndex((route) => route.url === url && route.method === method)}`;
    const payload = method === "GET" ? {} : { payload: payloads[url] ?? {} };
    const needed = access === "read or link" ? "read" : access;

    /** The status of an answer; a refusal is of the dialect's shape. */
    const statusOf = (response: { statusCode: number; json(): unknown }) => {
      if (response.statusCode >= 400) expect(() => dialect.errorSchema.parse(response.json())).not.toThrow();
      return response.statusCode;
    };

    test("is refused without a good key, before anything is looked at", async () => {
      expect(statusOf(await api.call({ method, url: path, key: null, remoteAddress, ...payload }))).toBe(
        refusals.unauthenticated,
      );
      for (const [what, key] of Object.entries(bad)) {
        expect(
          statusOf(
            await api.call({
              method,
              url: path,
              key: null,
              headers: { "anchor-api-key": key },
              remoteAddress,
              ...payload,
            }),
          ),
          what,
        ).toBe(refusals.unauthenticated);
      }
    });

    test("is refused to a smaller scope, and to none else for its scope", async () => {
      for (const scope of scopes) {
        const answer = statusOf(
          await api.call({ method, url: path, key: await api.addKey(scope), remoteAddress, ...payload }),
        );
        const isEnough = scopes.indexOf(scope) >= scopes.indexOf(needed);
        expect(answer === refusals.forbidden, scope).toBe(!isEnough);
        expect(answer, scope).not.toBe(refusals.unauthenticated);
      }
    });

    test("is described, with who may call it and the shape of its refusals", async () => {
      const document = (await api.call({ url: "/openapi.json", key: null })).json<{
        paths: Record<
          string,
          Record<string, { security?: object[]; responses: Record<string, object>; summary?: string }>
        >;
      }>();
      const operation = document.paths[url.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation?.summary).toMatch(/^[A-Z]/);
      expect(operation?.security).toContainEqual({ bearer: [] });
      expect(operation?.responses["4XX"]).toMatchObject({
        content: {
          "application/json": {
            schema: { $ref: `#/components/schemas/${z.globalRegistry.get(dialect.errorSchema)?.id}` },
          },
        },
      });
    });
  },
);
