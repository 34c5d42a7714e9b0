import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { ApplicationOverview } from "../../../identity/applications/application-overview.ts";
import type { Applications } from "../../../identity/applications/applications.ts";
import { timeSchema } from "../identities/identity.ts";

export const applicationTag = "anchor: applications";

export const briefApplicationSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  url: z.string().nullable(),
  description: z.string().nullable(),
  created_at: timeSchema,
});

export const applicationSchema = briefApplicationSchema
  .extend({
    identity_count: z.int(),
    auth_methods: z.array(z.string()),
    updated_at: timeSchema,
    allowed_domains: z.array(z.string()),
  })
  .meta({ id: "AnchorApplication" });

/** One application with what belongs to it, by its id alone. @throws Failure `not_found` */
export async function applicationById(
  applications: Applications,
  project: string,
  id: string,
): Promise<ApplicationOverview> {
  const [application] = await applications.overview(project, { id });
  if (application === undefined) throw new Failure("not_found", "Application not found.");
  return application;
}

export function viewBriefly(
  application: Pick<ApplicationOverview, "id" | "name" | "url" | "description" | "createdAt">,
): z.input<typeof briefApplicationSchema> {
  const { id, name, url, description, createdAt } = application;
  return { id, name, url, description, created_at: createdAt.toISOString() };
}

export function viewApplication(application: ApplicationOverview): z.input<typeof applicationSchema> {
  const { host, identityCount, authMethods, updatedAt, allowedDomains } = application;
  return {
    ...viewBriefly(application),
    identity_count: identityCount,
    auth_methods: authMethods,
    updated_at: updatedAt.toISOString(),
    allowed_domains: [...new Set([host, ...allowedDomains])],
  };
}
