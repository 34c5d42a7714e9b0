import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { errorSchema } from "../../src/http/error-body.ts";
import { prefactorCodes } from "../../src/http/prefactor/failure-words.ts";
import { openTestApi, type TestApi } from "../support/api.ts";
import { openTestParts, type TestParts } from "../support/parts.ts";

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}
interface Operation {
  tags: string[];
  parameters?: { name: string; in: string; schema: Schema; required?: boolean }[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
interface Request {
  what: string;
  method: string;
  url: string;
  payload?: string;
  headers?: Record<string, string>;
}

let ground: TestParts;
let api: TestApi;
let document: Document;
let runId: string;

beforeAll(async () => {
  ground = await openTestParts({
    settings: { LATCHKEY_FLOWS_DIR: resolve("test/support/flows"), LATCHKEY_REQUESTS_PER_MINUTE: "1000000" },
  });
  api = await openTestApi(ground.parts);
  document = (await api.call({ url: "/openapi.json" })).json<Document>();
  const { identities } = await ground.parts.store();
  await identities.create(
    "default",
    { name: "ada", sourceUrl: "https://site.example/", credentials: [] },
    { name: "test" },
  );
  const payload = { flow: "trial/look", identityId: "ada" };
  runId = (await api.call({ method: "POST", url: "/v1/runs", payload })).json<{ id: string }>().id;
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await ground[Symbol.asyncDispose]();
});

const hostile = [
  "\0",
  "a\0b",
  "\ud800",
  "x".repeat(5_000),
  "../../etc/passwd",
  "'; drop table runs; --",
  "\u0007\u001b[31m",
  "\u202e",
  "",
];

/** Values the schema does not allow. */
function wrong(schema: Schema): unknown[] {
  const {
    type,
    enum: values,
    minimum,
    maximum,
    minLength,
    maxLength,
    pattern,
    format,
    anyOf,
  } = resolved(schema);
  if (anyOf !== undefined) return [{ a: [1] }, [[[]]]];
  if (values !== undefined) return ["none of these", 7, null];
  switch (type) {
    case "string":
      return [
        7,
        true,
        null,
        [],
        {},
        "a\0b",
        "\ud800",
        ...(minLength === undefined || minLength === 0 ? [] : [""]),
        ...(maxLength === undefined ? [] : ["x".repeat(maxLength + 1)]),
        ...(pattern === undefined && format === undefined ? [] : ["\u0001", "not this"]),
      ];
    case "integer":
    case "number":
      return [
        "seven",
        "",
        true,
        null,
        [],
        {},
        1.5,
        1e300,
        ...(minimum === undefined ? [] : [minimum - 1]),
        ...(maximum === undefined ? [] : [maximum + 1]),
      ];
    case "boolean":
      return ["yes", 1, null, [], {}];
    case "object":
      return [7, "text", null, [1], { a: 7 }, { "a\0": "b" }];
    case "array":
      return [7, "text", null, {}];
    case undefined:
    default:
      return ["a\0b", { deep: "\udfff" }, { "\0": 1 }];
  }
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? schema);
}

const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;

/** What a body holds beside what is wrong with it; what a session asks for is refused of itself, or it would be made. */
const sounds: Record<string, Record<string, unknown>> = {
  "/v1/runs/{id}/code": { code: "1" },
  "/v1/sessions": { identities: [{ id: "nobody" }] },
  "/identities": { schema_id: "preset://email", traits: { email: "ada@example.org" } },
};

/**
 * Malformed requests of one operation, each from what its description allows. Where it speaks another service's dialect,
 * what it does not know is passed over, and null is as good as nothing: such requests are not malformed.
 */
function malformed(path: string, method: string, operation: Operation): Request[] {
  const isLax = laxDialects.includes(dialectOf(operation) ?? "");
  const parameters = operation.parameters ?? [];
  const good = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => (name === "id" ? runId : "x"));
  const base = { method: method.toUpperCase(), url: good };
  const requests: Request[] = [];

  for (const { name, in: place, schema } of parameters) {
    if (place === "path") {
      for (const value of [
        "%00",
        "a%00b",
        "%ff",
        "%",
        "%u0000",
        "x".repeat(3_000),
        "..%2f..%2fetc",
        "%ed%a0%80",
      ])
        requests.push({
          ...base,
          what: `path ${name}`,
          url: path.replace(`{${name}}`, value).replaceAll(/\{\w+\}/g, "x"),
        });
    }
    if (place === "query") {
      for (const value of wrong(schema).filter((one) => isWrongText(schema, one)))
        requests.push({ ...base, what: `query ${name}`, url: `${good}?${name}=${encode(value)}` });
      if (!isLax) requests.push({ ...base, what: `query ${name} as an object`, url: `${good}?${name}[a]=1` });
      requests.push({ ...base, what: `query ${name} with NUL`, url: `${good}?${name}=%00` });
    }
    if (place === "header") {
      for (const value of ["x".repeat(2_000), "\u0001".repeat(0), "é", '"unclosed "quote"'])
        if (value !== "")
          requests.push({
            ...base,
            what: `header ${name}`,
            headers: { [name]: Buffer.from(value).toString("latin1") },
          });
    }
  }
  if (!isLax) {
    requests.push({ ...base, what: "an unknown query parameter", url: `${good}?nobody=1` });
    requests.push({
      ...base,
      what: "a prototype's name in the query",
      url: `${good}?__proto__[a]=1&constructor=1`,
    });
  }

  const body = operation.requestBody?.content["application/json"].schema;
  if (body === undefined) return requests;
  const { properties = {}, required = [] } = resolved(body);
  const sound: Record<string, unknown> = sounds[path] ?? { flow: "trial/look", identityId: "ada" };
  const send = (
    what: string,
    payload: string,
    headers: Record<string, string> = { "content-type": "application/json" },
  ) => requests.push({ ...base, what, payload, headers });
  for (const [name, schema] of Object.entries(properties)) {
    for (const value of wrong(schema)) send(`body ${name}`, JSON.stringify({ ...sound, [name]: value }));
    for (const value of hostile.slice(0, 3))
      send(`body ${name} hostile`, JSON.stringify({ ...sound, [name]: { [value]: value } }));
  }
  for (const name of required) {
    const { [name]: _left, ...rest } = sound;
    send(`body without ${name}`, JSON.stringify(rest));
  }
  for (const value of hostile)
    send("body with a field of an odd name", JSON.stringify({ ...sound, [`_${value}`]: value }));
  for (const text of [
    // A session may be asked for with nothing at all.
    ...(path === "/v1/sessions" ? [] : ["", "null"]),
    "7",
    '"text"',
    "[]",
    "[{}]",
    "{",
    "{]",
    "\ufeff",
    "undefined",
    "{'a':1}",
    nested(100_000),
  ])
    send("body that is none", text);
  send("body with a prototype", `{"__proto__":{"a":1},"flow":"trial/look","identityId":"ada"}`);
  send(
    "body with a constructor",
    `{"constructor":{"prototype":{"a":1}},"flow":"trial/look","identityId":"ada"}`,
  );
  send(
    "body with a number past all bounds",
    `{"flow":"trial/look","identityId":"ada","input":{"word":1e999}}`,
  );
  send("body nested deep", `{"flow":"trial/look","identityId":"ada","input":${nested(5_000)}}`);
  send("body of another type", JSON.stringify(sound), { "content-type": "text/plain" });
  send("body of no type", JSON.stringify(sound), {});
  send("body as a form", "flow=a&identityId=b", { "content-type": "application/x-www-form-urlencoded" });
  send("body as XML", "<run/>", { "content-type": "application/xml" });
  send("body of an odd type", JSON.stringify(sound), { "content-type": "application/json/;;;" });
  send("body that is too large", JSON.stringify({ ...sound, input: { word: "x".repeat(2 ** 20) } }));
  return requests;
}

/** All values of a query are texts: a number is wrong only where a number is wanted. */
function isWrongText(schema: Schema, value: unknown): boolean {
  if (typeof value === "string") return true;
  return typeof value === "number" && resolved(schema).type !== "string";
}

const encode = (value: unknown) => {
  const text = String(value);
  return text.isWellFormed() ? encodeURIComponent(text) : "%ed%a0%80";
};

const shape = z.strictObject({ error: z.strictObject(errorSchema.shape.error.shape) });
const anchorShape = z
  .strictObject({ error: z.strictObject({ code: z.int(), message: z.string().min(1) }) })
  .transform(({ error: { code } }) => ({ error: { status: code } }));

const prefactorShape = z
  .strictObject({ status: z.literal("error"), code: z.enum(prefactorCodes), message: z.string().min(1) })
  .transform(() => ({ error: { status: undefined } }));

const kratosShape = z
  .strictObject({
    error: z.strictObject({
      code: z.int(),
      status: z.string().min(1),
      request: z.uuid(),
      reason: z.string().min(1).optional(),
      message: z.string().min(1),
    }),
  })
  .transform(({ error: { code } }) => ({ error: { status: code } }));

/** The shapes of refusals of other services' dialects, which tags of operations begin with. */
const shapes: Readonly<Record<string, z.ZodType<{ error: { status: number | undefined } }>>> = {
  anchor: anchorShape,
  prefactor: prefactorShape,
  kratos: kratosShape,
};
/** What they do not know of a query they pass over. */
const laxDialects = ["anchor", "kratos"];
const dialectOf = ({ tags }: Operation) =>
  Object.keys(shapes).find((name) => tags.some((tag) => tag.startsWith(`${name}:`)));
/** Not served, or held until something happens: anchor/ has tests of their own. */
const isLeftOut = (path: string, { tags }: Operation) =>
  tags.some((tag) => tag.endsWith(": not served")) || path.startsWith("/v1/events/");

test("malformed requests, made from the API's own description, are refused in one shape and reach nothing", async () => {
  const { database } = await ground.parts.store();
  const { queue } = await ground.parts.queueing();
  const state = async () => {
    const counts = await sql`
      select (select count(*) from runs) as runs, (select count(*) from run_events) as events,
        (select count(*) from idempotency_keys) as keys, (select count(*) from handed_in_codes) as codes,
        (select count(*) from identities) as identities, (select count(*) from applications) as applications
    `.execute(database.kysely);
    return { rows: counts.rows, jobs: await queue.counts() };
  };
  const requests = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => !isLeftOut(path, operation))
      .flatMap(([method, operation]) =>
        malformed(path, method, operation).map((request) => ({
          ...request,
          expected: shapes[dialectOf(operation) ?? ""] ?? shape,
        })),
      ),
  );
  expect(requests.length).toBeGreaterThan(200);
  const before = await state();
  const faults: string[] = [];
  for (const { what, expected, ...request } of requests) {
    const response = await api.call(request as Parameters<typeof api.call>[0]);
    const body = expected.safeParse(jsonOf(response.body));
    const isFine =
      body.success &&
      (body.data.error.status ?? response.statusCode) === response.statusCode &&
      response.statusCode >= 400 &&
      response.statusCode < 500;
    if (!isFine)
      faults.push(
        `${request.method} ${request.url.slice(0, 90)} ${what}: ${response.statusCode} ${(request.payload ?? "").slice(0, 120)} → ${response.body.slice(0, 160)}`,
      );
  }
  expect(faults).toEqual([]);
  expect(await state()).toEqual(before);
});

test("the same holds for methods, lengths and headers that are odd", async () => {
  const odd: Parameters<typeof api.call>[0][] = [
    { method: "PUT" as const, url: "/v1/runs" },
    { method: "PATCH" as const, url: `/v1/runs/${runId}` },
    { method: "OPTIONS" as const, url: "/v1/runs" },
    { method: "POST" as const, url: "/v1/flows" },
    { method: "GET" as const, url: "//v1//runs" },
    { method: "GET" as const, url: `/v1/runs/${randomUUID().toUpperCase()}x` },
    { method: "GET" as const, url: "/v1/runs?limit=5&limit=6" },
    { method: "GET" as const, url: "/v1/runs?limit=1e3&status=queued&status=failed" },
    { method: "GET" as const, url: `/v1/runs?${"tag=a:b&".repeat(30)}` },
  ];
  for (const request of odd) {
    const response = await api.call(request);
    expect(shape.safeParse(jsonOf(response.body)).success, request.url).toBe(true);
    expect(response.statusCode, request.url).toBeGreaterThanOrEqual(400);
    expect(response.statusCode, request.url).toBeLessThan(500);
  }
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
