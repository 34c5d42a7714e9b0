import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { errorSchema } from "../../src/http/error-body.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

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

const strictError = z.strictObject({ error: z.strictObject(errorSchema.shape.error.shape) });

/** What a refusal says, having checked that it has the one shape. */
function refusal(response: { statusCode: number; body: string; headers: Record<string, unknown> }) {
  const { error } = strictError.parse(JSON.parse(response.body));
  expect(error.status).toBe(response.statusCode);
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  return { status: error.status, code: error.code };
}

test("a path that is nowhere is not found", async () => {
  for (const url of ["/nowhere", "/v1/nowhere", "/v1/flows/a/b/c", "/"]) {
    expect(refusal(await api.call({ url }))).toEqual({ status: 404, code: "not_found" });
  }
});

test("a method that a path does not have is named, with those it has", async () => {
  const response = await api.call({ method: "DELETE", url: "/v1/flows?x=1" });
  expect(refusal(response)).toEqual({ status: 405, code: "method_not_allowed" });
  expect(response.headers.allow).toBe("GET, HEAD");
});

test("odd addresses are refused, and are never a fault of the server", async () => {
  for (const url of [
    "/v1/flows/%",
    "/v1/flows/%zz/x",
    "/v1/flows/%c3%28/x",
    "/v1/flows/a%00b/c",
    "/v1/flows?%00=1",
    "/v1/flows?unknown=1",
    "/v1/flows?__proto__=1",
    "/v1/flows?constructor[prototype]=1",
    `/v1/flows/${"x".repeat(2_000)}/x`,
  ]) {
    const { status } = refusal(await api.call({ url }));
    expect(status, url).toBeGreaterThanOrEqual(400);
    expect(status, url).toBeLessThan(500);
  }
});

test("bytes that are no HTTP are refused in the same shape", async () => {
  const address = new URL(await api.app.listen({ host: "127.0.0.1", port: 0 }));
  const say = async (bytes: string) => {
    const socket = connect(Number(address.port), "127.0.0.1");
    socket.end(bytes);
    const answer = await text(socket);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    const statusCode = Number(head.split(" ")[1]);
    return { statusCode, code: strictError.parse(JSON.parse(body)).error.code };
  };
  expect(await say("GARBAGE\r\n\r\n")).toEqual({ statusCode: 400, code: "invalid_argument" });
  expect(await say(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toEqual({
    statusCode: 431,
    code: "request_too_large",
  });
  expect(await say("GET / HTTP/1.1\r\n\r\n")).toMatchObject({ statusCode: 400 });
  expect(await say("GET /x HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n")).toMatchObject({
    statusCode: 404,
  });
});

test("flows are listed with the schemas of their input and output", async () => {
  const list = (await api.call({ url: "/v1/flows" })).json<{ items: { name: string }[] }>();
  const capture = list.items.find(({ name }) => name === "web/capture");
  expect(capture).toMatchObject({ description: expect.any(String), input: { type: "object" } });
  expect((await api.call({ url: "/v1/flows/web/capture" })).json()).toEqual(capture);
  expect(refusal(await api.call({ url: "/v1/flows/web/nothing" }))).toEqual({
    status: 404,
    code: "unknown_flow",
  });
});

test("the API is described, for programs and for people, and /docs asks nobody else for anything", async () => {
  const document = (await api.call({ url: "/openapi.json", key: null })).json<{
    openapi: string;
    paths: Record<string, unknown>;
  }>();
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toContain("/v1/flows/{site}/{flow}");
  const page = await api.call({ url: "/docs/", key: null });
  expect(page.statusCode).toBe(200);
  expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
  const assets = [...page.body.matchAll(/(?:src|href)="(?<path>[^"]+)"/g)].map(
    ({ groups }) => groups?.["path"] ?? "",
  );
  expect(assets.length).toBeGreaterThan(4);
  for (const path of assets) {
    expect(path).toMatch(/^\.\/static\//);
    expect((await api.call({ url: `/docs/${path}`, key: null })).statusCode).toBe(200);
  }
});
