import type { z } from "zod";
import { anything, flag, lax, list, strict, text, time } from "../decode.ts";

/** Refuses unknown fields, or passes them over. */
type Objects = typeof strict | typeof lax;

const provider = { subject: text(), provider: text(), organization: text() };
const passwordConfig = { hashed_password: text(), password: text(), use_password_migration_hook: flag() };

function credentialsOf(object: Objects) {
  const keys = object({
    config: object({ credentials: list(anything()), user_handle: anything().optional() }).nullish(),
  }).nullish();
  return object({
    password: object({ config: object(passwordConfig).nullish() }).nullish(),
    oidc: object({
      config: object({
        config: object(passwordConfig).nullish(),
        providers: list(object({ ...provider, use_auto_link: flag() })),
      }).nullish(),
    }).nullish(),
    saml: object({ config: object({ providers: list(object(provider)) }).nullish() }).nullish(),
    totp: object({ config: object({ totp_url: text() }).nullish() }).nullish(),
    lookup_secret: object({
      config: object({ codes: list(object({ code: text(), used_at: time() })) }).nullish(),
    }).nullish(),
    webauthn: keys,
    passkey: keys,
  }).nullish();
}

const identity = {
  schema_id: text(),
  traits: anything().optional(),
  metadata_public: anything().optional(),
  metadata_admin: anything().optional(),
  state: text(),
  external_id: text(),
  region: text(),
};

const address = { id: text(), value: text(), via: text(), created_at: time(), updated_at: time() };

/** Of `POST /identities`, and of each entry of a batch. */
export const createBody = strict({
  ...identity,
  credentials: credentialsOf(strict),
  verifiable_addresses: list(strict({ ...address, verified: flag(), status: text(), verified_at: time() })),
  recovery_addresses: list(strict(address)),
  organization_id: text(),
}).meta({ id: "KratosCreateIdentity" });

/** The credentials of either. */
export type CredentialsBody = NonNullable<z.output<typeof createBody>["credentials"]>;

/** Of `PUT /identities/:id`. */
export const updateBody = lax({ ...identity, credentials: credentialsOf(lax) }).meta({
  id: "KratosUpdateIdentity",
});
