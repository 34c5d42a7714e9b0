import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Applications } from "../../../identity/applications/applications.ts";
import { schemaDocumentOf } from "../../../identity/applications/schema-of.ts";
import { builtInSchema, presets } from "../../../identity/traits/ruleset.ts";
import { defineRoute } from "../../define-route.ts";
import { unkept } from "../identities/identity-call.ts";
import { noToken, numberHeaders, pagingQuery, readPaging, tokenLinks } from "../paging.ts";
import { noResource } from "../refusal.ts";
import { schemaIdsMeant } from "../schema-id.ts";
import { defaultSchemaId } from "./schema-of.ts";

const schemaTag = "kratos: schemas";
const path = "/schemas";
const documentSchema = z.record(z.string(), z.unknown());

export const listSchemas = defineRoute({
  method: "GET",
  url: "/schemas",
  access: "read",
  tag: schemaTag,
  summary: "List the schemas of identities' traits: one for each application, and those built in",
  query: z.object(pagingQuery),
  responses: { 200: z.array(z.object({ id: z.string(), schema: documentSchema })) },
  async handler({ deps: { applications }, query, caller: { project } }) {
    const paging = readPaging(query);
    const schemas = await allSchemas(applications, project);
    const { size } = paging;
    if (paging.kind === "pages") {
      const { page } = paging;
      const headers = numberHeaders({ path, size, page, total: schemas.length });
      const body = schemas.slice(page * size, (page + 1) * size);
      return { status: 200, headers: { ...unkept, ...headers }, body };
    }
    const from =
      paging.token === undefined ? 0 : schemas.findIndex(({ id }) => id === idIn(paging.token)) + 1;
    if (paging.token !== undefined && paging.token !== "" && from === 0) throw noToken();
    const body = schemas.slice(from, from + size);
    const last = from + size < schemas.length ? body.at(-1)?.id : undefined;
    const next = last === undefined ? undefined : Buffer.from(last).toString("base64url");
    return {
      status: 200,
      headers: {
        ...unkept,
        link: tokenLinks({ path, size, first: "", next }),
        "x-total-count": String(schemas.length),
      },
      body,
    };
  },
});

const idIn = (token = "") => Buffer.from(token, "base64url").toString();

export const getSchema = defineRoute({
  method: "GET",
  url: "/schemas/:id",
  access: "read",
  tag: schemaTag,
  summary: "Get a schema by its id, plain or as base64url without padding",
  params: z.object({ id: z.string() }),
  responses: { 200: documentSchema },
  failures: ["not_found"],
  async handler({ deps: { applications }, params, caller: { project } }) {
    for (const id of schemaIdsMeant(params.id === "" ? defaultSchemaId : params.id)) {
      const schema = await schemaById(applications, project, id);
      if (schema !== undefined) return { status: 200, headers: unkept, body: schema };
    }
    throw noResource(`Identity schema \`${params.id}\` could not be found.`);
  },
});

async function schemaById(applications: Applications, project: string, id: string) {
  const application = await applications.find(project, { name: id });
  return application === undefined ? builtIn.get(id) : schemaDocumentOf(application);
}

/** Those there are before any application is. */
const builtIn = new Map(Object.entries({ [defaultSchemaId]: builtInSchema, ...presets }));

/** In the order of names, those built in first. */
async function allSchemas(applications: Applications, project: string) {
  const own = await applications.list(project);
  const named = new Map(own.map((application) => [application.name, application]));
  return [...new Set([...builtIn.keys(), ...named.keys()])].map((id) => {
    const application = named.get(id);
    const schema = application === undefined ? builtIn.get(id) : schemaDocumentOf(application);
    if (schema === undefined) throw new Failure("internal_error", "A schema has gone meanwhile.");
    return { id, schema };
  });
}
