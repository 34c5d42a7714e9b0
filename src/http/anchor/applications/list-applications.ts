import { z } from "zod";
import { defineRoute } from "../../define-route.ts";
import { applicationSchema, applicationTag, viewApplication } from "./application.ts";

export const listApplications = defineRoute({
  method: "GET",
  url: "/v1/applications",
  access: "read",
  tag: applicationTag,
  summary: "List applications, all or those with a text in their name or URL",
  query: z.object({ search: z.string().max(2_000).optional() }),
  responses: { 200: z.object({ applications: z.array(applicationSchema) }) },
  async handler({ deps: { applications }, query: { search }, caller: { project } }) {
    const found = await applications.overview(project, search === undefined ? {} : { search });
    return { status: 200, body: { applications: found.map(viewApplication) } };
  },
});
