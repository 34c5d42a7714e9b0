import { z } from "zod";
import type { Identity } from "../../../identity/types.ts";
import { assuranceOf, viewCredentials } from "../identities/view-credentials.ts";
import { type ShownIdentity, shownIdentitySchema } from "../identities/view-identity.ts";
import type { FoundSession } from "./find-sessions.ts";
import { idOfSavedState } from "./session-ids.ts";

const timeSchema = z.iso.datetime();
const assuranceSchema = z.enum(["aal0", "aal1", "aal2"]);

export const shownSessionSchema = z
  .object({
    id: z.uuid(),
    active: z.boolean(),
    expires_at: timeSchema.optional(),
    authenticated_at: timeSchema,
    authenticator_assurance_level: assuranceSchema,
    authentication_methods: z.array(
      z.object({ method: z.string(), aal: assuranceSchema, completed_at: timeSchema }),
    ),
    issued_at: timeSchema,
    identity: shownIdentitySchema.optional(),
    devices: z.array(z.unknown()),
  })
  .meta({ id: "KratosSession" });

/** A session as Kratos's clients know one; with its identity where that is given. */
export function viewSession(
  found: FoundSession,
  {
    identity,
    shown,
    now = new Date(),
  }: { identity: Identity | undefined; shown?: ShownIdentity; now?: Date },
): z.input<typeof shownSessionSchema> {
  const { id, isActive, expiresAt, authenticatedAt, issuedAt } = factsOf(found, now);
  const credentials = identity === undefined ? {} : viewCredentials(identity);
  const completed = authenticatedAt.toISOString();
  const methods = [
    ...(credentials.password === undefined ? [] : [{ method: "password", aal: "aal1" as const }]),
    ...(credentials.passkey === undefined ? [] : [{ method: "passkey", aal: "aal1" as const }]),
    ...(credentials.totp === undefined ? [] : [{ method: "totp", aal: "aal2" as const }]),
  ];
  return {
    id,
    active: isActive,
    ...(expiresAt === null ? {} : { expires_at: expiresAt.toISOString() }),
    authenticated_at: completed,
    authenticator_assurance_level: assuranceOf(credentials),
    authentication_methods: methods.map((method) => ({ ...method, completed_at: completed })),
    issued_at: issuedAt.toISOString(),
    ...(shown === undefined ? {} : { identity: shown }),
    devices: [],
  };
}

function factsOf(found: FoundSession, now: Date) {
  if (found.kind === "state") {
    const { capturedAt, lapsesAt } = found.state;
    return {
      id: idOfSavedState(found.identityId),
      isActive: lapsesAt === null || lapsesAt > now,
      expiresAt: lapsesAt,
      authenticatedAt: capturedAt,
      issuedAt: capturedAt,
    };
  }
  const { id, endedAt, expiresAt, startedAt, createdAt } = found.record;
  return {
    id,
    isActive: endedAt === null,
    expiresAt: endedAt ?? expiresAt,
    authenticatedAt: startedAt ?? createdAt,
    issuedAt: createdAt,
  };
}
