import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { unstorable } from "../../../job/storable.ts";
import { defineRoute } from "../../define-route.ts";
import { idParams, statusSchema, timeSchema } from "../identities/identity.ts";
import { applicationById, applicationTag } from "./application.ts";
import { readMetadataFilter } from "./metadata-filter.ts";

export const listApplicationIdentities = defineRoute({
  method: "GET",
  url: "/v1/applications/:id/identities",
  access: "read",
  tag: applicationTag,
  summary: "List an application's identities",
  description:
    "`metadata` is a JSON object that theirs has to contain; `metadata[plan]=pro` says the same of one member.",
  params: idParams,
  query: z.looseObject({
    search: z.string().max(2_000).optional().meta({ description: "In the name, whatever its case." }),
    metadata: z.string().max(10_000).optional(),
  }),
  responses: {
    200: z.object({
      identities: z.array(
        z.object({
          id: z.uuid(),
          name: z.string(),
          auth_flow: z.string().nullable(),
          status: statusSchema,
          created_at: timeSchema,
          updated_at: timeSchema,
        }),
      ),
    }),
  },
  failures: ["not_found"],
  async handler({ deps, params, query, caller: { project } }) {
    const metadata = readMetadataFilter(query);
    const fault = unstorable(metadata, "metadata");
    if (fault !== undefined)
      throw new Failure("invalid_argument", `The metadata filter is not usable: ${fault.message}.`);
    const { id } = await applicationById(deps.applications, project, params.id);
    const found = await deps.identities.ofApplication(project, id, {
      metadata,
      ...(query.search === undefined ? {} : { search: query.search }),
    });
    const identities = found.map((identity) => ({
      id: identity.id,
      name: identity.name,
      auth_flow: identity.authFlow,
      status: identity.status,
      created_at: identity.createdAt.toISOString(),
      updated_at: identity.updatedAt.toISOString(),
    }));
    return { status: 200, body: { identities } };
  },
});
