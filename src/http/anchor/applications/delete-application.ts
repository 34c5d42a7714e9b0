import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { idParams } from "../identities/identity.ts";
import { applicationTag } from "./application.ts";

export const deleteApplication = defineRoute({
  method: "DELETE",
  url: "/v1/applications/:id",
  access: "admin",
  tag: applicationTag,
  summary: "Delete an application",
  description: "Refused with 409 while identities belong to it, unless `cascade=true`: then they go with it.",
  params: idParams,
  query: z.object({ cascade: z.enum(["true", "false"]).default("false") }),
  responses: { 200: z.object({ success: z.boolean() }) },
  failures: ["not_found", "conflict"],
  async handler({ deps: { applications }, params: { id }, query, caller: { project, keyId } }) {
    await applications.remove(project, id, { name: `key:${keyId}` }, { cascade: query.cascade === "true" });
    return { status: 200, body: { success: true } };
  },
});
