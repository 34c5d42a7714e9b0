import { defineRoute } from "../../define-route.ts";
import { idParams } from "../identities/identity.ts";
import { applicationById, applicationSchema, applicationTag, viewApplication } from "./application.ts";

export const retrieveApplication = defineRoute({
  method: "GET",
  url: "/v1/applications/:id",
  access: "read",
  tag: applicationTag,
  summary: "Get an application",
  params: idParams,
  responses: { 200: applicationSchema },
  failures: ["not_found"],
  async handler({ deps: { applications }, params, caller: { project } }) {
    return { status: 200, body: viewApplication(await applicationById(applications, project, params.id)) };
  },
});
