import { z } from "zod";
import { credentialTypes, type Identity } from "../../identity/types.ts";
import { defineRoute } from "../define-route.ts";

const time = z.iso.datetime();
const statuses = ["pending", "validated", "failed"] as const;

/** An identity as the API shows it: what it is, never what it holds. */
const identitySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    sourceUrl: z
      .string()
      .nullable()
      .meta({ description: "Null where neither it nor its application has a URL yet." }),
    status: z.enum(statuses),
    statusReason: z.string().nullable(),
    statusAt: time,
    credentials: z.array(z.enum(credentialTypes)),
    stateCapturedAt: time.nullable().meta({ description: "When its saved state was captured." }),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Identity" });

export const listIdentities = defineRoute({
  method: "GET",
  url: "/v1/identities",
  access: "read",
  tag: "identities",
  summary: "List identities, by name; no secret is shown",
  query: z.strictObject({
    status: z.enum(statuses).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    cursor: z.string().min(1).max(1_000).optional().meta({ description: "`nextCursor` of the page before." }),
  }),
  responses: { 200: z.object({ items: z.array(identitySchema), nextCursor: z.string().nullable() }) },
  async handler({ deps, query: { status, limit, cursor }, caller }) {
    const { items, nextCursor } = await deps.identities.list(caller.project, {
      limit,
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return { status: 200, body: { items: items.map(viewIdentity), nextCursor } };
  },
});

function viewIdentity(identity: Identity): z.input<typeof identitySchema> {
  return {
    id: identity.id,
    name: identity.name,
    sourceUrl: identity.sourceUrl,
    status: identity.status,
    statusReason: identity.statusReason,
    statusAt: identity.statusAt.toISOString(),
    credentials: identity.credentials.map(({ type }) => type),
    stateCapturedAt: identity.stateCapturedAt?.toISOString() ?? null,
    metadata: identity.metadata ?? {},
    createdAt: identity.createdAt.toISOString(),
    updatedAt: identity.updatedAt.toISOString(),
  };
}
