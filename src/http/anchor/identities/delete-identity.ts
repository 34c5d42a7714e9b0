import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { identityById, identityTag, idParams } from "./identity.ts";

export const deleteIdentity = defineRoute({
  method: "DELETE",
  url: "/v1/identities/:id",
  access: "admin",
  tag: identityTag,
  summary: "Delete an identity, with its credentials and saved state",
  params: idParams,
  responses: { 200: z.object({ message: z.string() }) },
  failures: ["unknown_identity"],
  async handler({ deps: { identities }, params, caller: { project, keyId } }) {
    const { id } = await identityById(identities, project, params.id);
    await identities.remove(project, id, { name: `key:${keyId}` });
    return { status: 200, body: { message: "Identity deleted successfully" } };
  },
});
