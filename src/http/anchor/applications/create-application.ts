import { z } from "zod";
import { addApplication, urlOfSource } from "../../../identity/applications/source.ts";
import { defineRoute } from "../../define-route.ts";
import { applicationTag, briefApplicationSchema, viewBriefly } from "./application.ts";

export const createApplication = defineRoute({
  method: "POST",
  url: "/v1/applications",
  access: "admin",
  tag: applicationTag,
  summary: "Create an application: a site that identities sign in to",
  body: z
    .object({
      source: z.string().min(1).max(2_000).meta({ description: "The site's URL, or its host." }),
      name: z.string().max(100).nullish().meta({ description: "The host unless given." }),
      description: z.string().max(2_000).nullish(),
    })
    .meta({ id: "AnchorCreateApplication" }),
  responses: { 201: briefApplicationSchema },
  failures: ["conflict"],
  async handler({ deps, body, caller: { project, keyId } }) {
    const application = await addApplication(deps.applications, {
      project,
      url: urlOfSource(body.source),
      name: body.name ?? undefined,
      description: body.description ?? undefined,
      actor: { name: `key:${keyId}` },
    });
    return { status: 201, body: viewBriefly(application) };
  },
});
