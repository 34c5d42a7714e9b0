import { z } from "zod";
import { canReauthenticate } from "../../identity/credentials/can-reauthenticate.ts";
import { defineRoute } from "../define-route.ts";

const moment = z.iso.datetime().nullable();
const seen = {
  reason: z.string(),
  code: z.string().nullable(),
  seenAt: moment,
  runId: z.uuid().nullable(),
  note: z.string().nullable().meta({ description: "What came of a later look that could not tell." }),
  noteAt: moment,
};

const identityHealthSchema = z
  .object({
    identityId: z.uuid(),
    health: z.object({
      state: z.enum(["unknown", "healthy", "expiring", "needs_attention"]),
      ...seen,
      since: moment,
      lapsesAt: moment.meta({ description: "When its saved state certainly ends, where that is known." }),
    }),
    canReauthenticate: z
      .object({ can: z.boolean(), reason: z.string().nullable() })
      .meta({ description: "Whether it can be signed in with nobody there, and why not." }),
    history: z.array(
      z.object({ state: z.enum(["unknown", "healthy", "needs_attention"]), ...seen, at: moment }),
    ),
  })
  .meta({ id: "IdentityHealth" });

export const getIdentityHealth = defineRoute({
  method: "GET",
  url: "/v1/identities/:identity/health",
  access: "read",
  tag: "identities",
  summary: "Get an identity's health, whether it can be signed in unattended, and its history",
  params: z.object({ identity: z.string().min(1).max(200).meta({ description: "Its name or id." }) }),
  responses: { 200: identityHealthSchema },
  failures: ["unknown_identity"],
  async handler({ deps: { identities }, caller: { project }, params }) {
    const identity = await identities.get(project, params.identity);
    const { health } = identity;
    const history = await identities.healthHistory(project, identity.id);
    return {
      status: 200,
      body: {
        identityId: identity.id,
        health: {
          ...health,
          since: text(health.since),
          seenAt: text(health.seenAt),
          noteAt: text(health.noteAt),
          lapsesAt: text(health.lapsesAt),
        },
        canReauthenticate: canReauthenticate(identity),
        history: history.map((entry) => ({
          ...entry,
          at: text(entry.at),
          seenAt: text(entry.seenAt),
          noteAt: text(entry.noteAt),
        })),
      },
    };
  },
});

const text = (at: Date | null) => at?.toISOString() ?? null;
