import { z } from "zod";
import { urlOfSource } from "../../../identity/applications/source.ts";
import { defineRoute } from "../../define-route.ts";
import { idParams } from "../identities/identity.ts";
import { applicationById, applicationSchema, applicationTag, viewApplication } from "./application.ts";

const strings = z.array(z.string().max(2_000)).max(50).nullish();

export const updateApplication = defineRoute({
  method: "PATCH",
  url: "/v1/applications/:id",
  access: "admin",
  tag: applicationTag,
  summary: "Change an application, and what the connect page does for it",
  description:
    "Latchkey's own: Anchor has no such route. What is left out stays; a list replaces the one there was.",
  params: idParams,
  body: z.preprocess(
    (body) => body ?? {},
    z.object({
      name: z.string().max(100).nullish(),
      description: z.string().max(2_000).nullish(),
      source: z.string().min(1).max(2_000).nullish(),
      allowed_domains: strings.meta({ description: "Registrable domains, beside the source's own." }),
      callback_urls: strings.meta({
        description:
          "Where the connect page may send its visitors back to, exactly; none allows any https address.",
      }),
      frame_origins: strings.meta({ description: "Who may show the connect page in a frame." }),
      icon: z
        .string()
        .max(100_000)
        .nullish()
        .meta({ description: "A picture, as a base64 data: URL; empty for none." }),
      traits_schema: z.record(z.string(), z.json()).nullable().optional().meta({
        description:
          "The JSON schema of its identities' traits, as Kratos has it: docs/kratos.md. Null for none.",
      }),
    }),
  ),
  responses: {
    200: applicationSchema
      .extend({
        callback_urls: z.array(z.string()),
        frame_origins: z.array(z.string()),
        has_icon: z.boolean(),
      })
      .meta({ id: "AnchorChangedApplication" }),
  },
  failures: ["not_found", "conflict"],
  async handler({ deps: { applications }, params, body, caller: { project, keyId } }) {
    const { id, host } = await applicationById(applications, project, params.id);
    const { name, description, source, allowed_domains: domains, callback_urls: callbacks } = body;
    const { frame_origins: origins, icon, traits_schema: traitsSchema } = body;
    await applications.update(
      project,
      id,
      {
        ...(name == null ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(source == null ? {} : { url: urlOfSource(source) }),
        // Shown among them, it may come back.
        ...(domains == null ? {} : { allowedDomains: domains.filter((domain) => domain !== host) }),
        ...(callbacks == null ? {} : { callbackUrls: callbacks }),
        ...(origins == null ? {} : { frameOrigins: origins }),
        ...(icon === undefined ? {} : { icon: icon === "" ? null : icon }),
        ...(traitsSchema === undefined ? {} : { traitsSchema }),
      },
      { name: `key:${keyId}` },
    );
    const changed = await applicationById(applications, project, id);
    return {
      status: 200,
      body: {
        ...viewApplication(changed),
        callback_urls: changed.callbackUrls,
        frame_origins: changed.frameOrigins,
        has_icon: changed.icon !== null,
      },
    };
  },
});
