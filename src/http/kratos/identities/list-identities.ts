import { z } from "zod";
import { isUuid } from "../../../identity/identity-input.ts";
import type { PageQuery } from "../../../identity/records/page-identities.ts";
import type { Identity } from "../../../identity/types.ts";
import { defineRoute } from "../../define-route.ts";
import { idOfToken, many, numberHeaders, one, pagingQuery, readPaging, tokenLinks } from "../paging.ts";
import { badRequest } from "../refusal.ts";
import { answerWithAll, identityTag, unkept } from "./identity-call.ts";
import { credentialNamesOf } from "./view-credentials.ts";
import { asSeenBy, shownIdentitySchema } from "./view-identity.ts";

const mostIds = 500;
const path = "/admin/identities";

const querySchema = z.object({
  ...pagingQuery,
  ids: many().meta({ description: `Only these, ${mostIds} at most.` }),
  credentials_identifier: one().meta({
    description: "Only those that sign in by this name, however it is written.",
  }),
  preview_credentials_identifier_similar: one().meta({
    description: "Only those that sign in by a name that begins with this.",
  }),
  organization_id: one().meta({ description: "There are none: finds nobody." }),
  include_credential: many(),
  consistency: one().meta({ description: "`strong` or `eventual`: it is always strong." }),
});
type Query = z.output<typeof querySchema>;

export const listIdentities = defineRoute({
  method: "GET",
  url: "/identities",
  access: "read",
  tag: identityTag,
  summary: "List identities, page by page, in the order of their ids",
  description:
    "The Link header has the next page. Credentials are there where they are asked for or looked for.",
  query: querySchema,
  responses: { 200: z.array(shownIdentitySchema) },
  failures: ["invalid_argument"],
  async handler(call) {
    const { deps, query, caller } = call;
    const filter = filterOf(query);
    const paging = readPaging(query);
    assertConsistency(query.consistency);
    const names = credentialNamesOf(query.include_credential);
    const asked = names.length > 0 || filter.identifier !== undefined ? names : undefined;
    const rest = restOf(query);
    const { size } = paging;
    const show = async (items: readonly Identity[]) =>
      (await answerWithAll(call, items, { asked })).map((shown) => asSeenBy(caller, shown));
    if (paging.kind === "pages") {
      const { page } = paging;
      const { items } = await deps.identities.page(caller.project, {
        ...filter,
        limit: size,
        offset: page * size,
      });
      const total = await deps.identities.count(caller.project, filter);
      return {
        status: 200,
        headers: { ...unkept, ...numberHeaders({ path, rest, size, page, total }) },
        body: await show(items),
      };
    }
    const after = idOfToken(paging.token);
    const { items, hasMore } = await deps.identities.page(caller.project, { ...filter, limit: size, after });
    const next = hasMore ? items.at(-1)?.id : undefined;
    return {
      status: 200,
      headers: { ...unkept, link: tokenLinks({ path, rest, size, next }) },
      body: await show(items),
    };
  },
});

/** @throws KratosRefusal 400 */
function filterOf(query: Query): Pick<PageQuery, "ids" | "identifier"> {
  const { ids, credentials_identifier: exact, preview_credentials_identifier_similar: similar } = query;
  const organization = query.organization_id;
  const used = [ids.length > 0, exact !== "", similar !== "", organization !== ""].filter(Boolean);
  if (used.length > 1) throw badRequest("You cannot combine multiple filters in this API");
  assertUuids("ids", ids);
  if (ids.length > mostIds) throw badRequest(`The maximum number of ids to filter by is ${mostIds}.`);
  if (ids.length > 0) return { ids: [...new Set(ids.map((id) => id.toLowerCase()))] };
  if (organization !== "") {
    assertUuids("organization_id", [organization]);
    return { ids: [] };
  }
  if (exact !== "") return { identifier: { value: exact, isPrefix: false } };
  return similar === "" ? {} : { identifier: { value: similar, isPrefix: true } };
}

function assertUuids(name: string, values: readonly string[]): void {
  const bad = values.find((value) => !isUuid(value));
  if (bad !== undefined) throw badRequest(`Invalid UUID value \`${bad}\` for parameter \`${name}\`.`);
}

function assertConsistency(text: string): void {
  if (!["", "strong", "eventual"].includes(text))
    throw badRequest("The parameter `consistency` is `strong` or `eventual`.");
}

/** The parameters that the next page is to have too. */
function restOf(query: Query): [string, string][] {
  const { credentials_identifier: exact, preview_credentials_identifier_similar: similar } = query;
  const single = {
    consistency: query.consistency,
    credentials_identifier: exact,
    organization_id: query.organization_id,
    preview_credentials_identifier_similar: similar,
  };
  return [
    ...Object.entries(single).filter(([, value]) => value !== ""),
    ...query.ids.map((id): [string, string] => ["ids", id]),
    ...query.include_credential.map((name): [string, string] => ["include_credential", name]),
  ];
}
