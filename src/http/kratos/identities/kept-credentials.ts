import { z } from "zod";
import type { IdentityPatch } from "../../../identity/identity-input.ts";
import type { KeptCredentialType, NewCredential, RevealedCredentials } from "../../../identity/types.ts";
import { Secret } from "../../../secret.ts";

/** A login at another service. */
const linkSchema = z.object({
  subject: z.string(),
  provider: z.string(),
  organization: z.string().default(""),
  use_auto_link: z.boolean().optional(),
});
export type Link = z.input<typeof linkSchema>;

/** Public keys, in the words of Kratos. */
const keyRingSchema = z.object({ credentials: z.array(z.unknown()), user_handle: z.string() });
export type KeyRing = z.output<typeof keyRingSchema>;

const links = z.object({ providers: z.array(linkSchema) });

/** What is kept of credentials that only Kratos could check, by the core's types. */
export const keptDocuments = {
  password_hash: z.strictObject({
    hashed_password: z.string().optional(),
    use_password_migration_hook: z.boolean().optional(),
  }),
  backup_codes: z.object({
    recovery_codes: z.array(z.object({ code: z.string(), used_at: z.string().nullish() })),
  }),
  oidc: links,
  saml: links,
  webauthn: z.object({ webauthn: keyRingSchema.optional(), passkey: keyRingSchema.optional() }),
} satisfies Record<KeptCredentialType, z.ZodType>;

export type KeptDocuments = { [Type in KeptCredentialType]?: z.output<(typeof keptDocuments)[Type]> };

/** What the account is known by elsewhere; unique within the schema. */
export const linkId = ({ provider, subject }: Pick<Link, "provider" | "subject">): string =>
  `${provider}:${subject}`;

export function toKept<Type extends KeptCredentialType>(
  type: Type,
  document: z.input<(typeof keptDocuments)[Type]>,
): NewCredential {
  const identifiers = identifiersOf(type, document);
  return {
    type,
    kept: new Secret(JSON.stringify(document)),
    ...(identifiers === undefined ? {} : { identifiers }),
  };
}

export interface CredentialChanges {
  credentials?: NewCredential[];
  removeCredentials?: NonNullable<IdentityPatch["removeCredentials"]>;
}

/** Second factors and passkeys are stored in one document: what is to be left of it. */
export const keysLeft = (rings: z.input<(typeof keptDocuments)["webauthn"]>): CredentialChanges =>
  rings.webauthn === undefined && rings.passkey === undefined
    ? { removeCredentials: ["webauthn"] }
    : { credentials: [toKept("webauthn", rings)] };

/** Of keys: which kinds of Kratos's there are among them, with whose they are. */
function identifiersOf(type: KeptCredentialType, document: object): string[] | undefined {
  if ("providers" in document) return links.parse(document).providers.map(linkId);
  if (type !== "webauthn") return undefined;
  return Object.entries(keptDocuments.webauthn.parse(document)).map(
    ([kind, ring]) => `${kind}:${ring?.user_handle ?? ""}`,
  );
}

/** What another API kept in words of its own is passed over. */
export function keptOf({ kept = {} }: Pick<RevealedCredentials, "kept">): KeptDocuments {
  const found = Object.entries(kept).flatMap(([type, secret]) => {
    const parsed = keptDocuments[type as KeptCredentialType].safeParse(jsonOf(secret.reveal()));
    return parsed.success ? [[type, parsed.data]] : [];
  });
  return Object.fromEntries(found) as KeptDocuments;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
