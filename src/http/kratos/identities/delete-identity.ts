import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { actorOf, identityById, identityTag, idParams } from "./identity-call.ts";

export const deleteIdentity = defineRoute({
  method: "DELETE",
  url: "/identities/:id",
  access: "admin",
  tag: identityTag,
  summary: "Delete an identity, with its credentials and saved state",
  params: idParams,
  responses: { 204: z.undefined() },
  failures: ["unknown_identity"],
  async handler(call) {
    const { id } = await identityById(call, call.params.id);
    await call.deps.identities.remove(call.caller.project, id, actorOf(call));
    return { status: 204, body: undefined };
  },
});
