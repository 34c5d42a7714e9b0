import { z } from "zod";
import { providerNames } from "../config.ts";
import { Failure } from "../failure.ts";
import { Secret } from "../secret.ts";
import { parseAuthenticator } from "./credentials/authenticator.ts";
import { mailboxSchema } from "./credentials/mailbox-input.ts";
import { passkeySchema } from "./credentials/passkey-input.ts";
import { secretSchema } from "./credentials/secret-input.ts";
import { domainFault, isLoopback } from "./domains.ts";
import type { RequestFingerprint } from "./records/identity-requests.ts";
import { isIndexable, mostIdentifierBytes } from "./records/indexable.ts";
import { textFault } from "./traits/storable-text.ts";
import { unfit } from "./traits/unfit.ts";
import {
  addressPurposes,
  addressStatuses,
  credentialTypes,
  type JsonObject,
  keptCredentialTypes,
} from "./types.ts";

/** A name for people: anything printable, but nothing that looks like an id. */
export const nameSchema = z
  .string()
  .max(100)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, "is empty or has unprintable characters")
  .regex(/^\S(?:.*\S)?$/u, "begins or ends with a space")
  .refine((name) => !isUuid(name), "looks like an id: identities are found by either")
  .transform((name) => name.normalize("NFC"));

export const urlSchema = z.string().superRefine((text, context) => {
  const fault = urlFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

export const allowedDomainsSchema = z.array(
  z
    .string()
    .superRefine((domain, context) => {
      const fault = domainFault(domain);
      if (fault !== null) context.addIssue({ code: "custom", message: fault });
    })
    .transform((domain) => domain.toLowerCase()),
);

export const maxSessionsSchema = z.number().int().min(1).max(1_000).nullable();

const proxySchema = z
  .string()
  .refine(isProxyServer, "is not http://host:port or socks5://host:port, without user and password");

const storableText = z.string().refine((text) => textFault(text) === undefined, "cannot be stored");

const identifierSchema = storableText
  .min(1)
  .refine(isIndexable, `is longer than ${mostIdentifierBytes} bytes`);

const keptSchema = z
  .custom<Secret>((value) => value instanceof Secret, "is not a Secret")
  .refine((secret) => secret.reveal().length <= 65_536, "is larger than 64 KiB");

const credentialSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("username_password"),
    username: secretSchema.optional(),
    password: secretSchema.optional(),
  }),
  z
    .strictObject({
      type: z.literal("authenticator"),
      secret: secretSchema,
      algorithm: z.enum(["sha1", "sha256", "sha512"]).optional(),
      digits: z.number().int().min(6).max(8).optional(),
      periodSeconds: z.number().int().min(1).max(86_400).optional(),
    })
    .transform(({ type, secret, ...rest }, context) => {
      const parsed = parseAuthenticator({ ...rest, secret: secret.reveal() });
      if (parsed.ok) {
        const { secret: base32, ...authenticator } = parsed.authenticator;
        return { type, secret: new Secret(base32), ...authenticator };
      }
      context.addIssue({ code: "custom", message: parsed.fault, path: ["secret"] });
      return z.NEVER;
    }),
  passkeySchema,
  mailboxSchema,
  z.strictObject({
    type: z.literal("custom"),
    fields: z
      .record(z.string().min(1).max(100), secretSchema)
      .refine((fields) => Object.keys(fields).length > 0, "has no fields"),
  }),
  z.strictObject({
    type: z.enum(keptCredentialTypes),
    kept: keptSchema,
    identifiers: z.array(identifierSchema).max(100).optional(),
  }),
]);

const credentialsSchema = z
  .array(credentialSchema)
  .refine(
    (credentials) => new Set(credentials.map(({ type }) => type)).size === credentials.length,
    "holds two of one type",
  );

const jsonLimits = { depth: 100, values: 65_536, characters: 65_536 };

const jsonObjectSchema = z
  .custom<JsonObject>(
    (value) =>
      unfit(value, jsonLimits) === undefined && z.record(z.string(), z.json()).safeParse(value).success,
    "is not an object of JSON that can be stored",
  )
  .refine((value) => JSON.stringify(value).length <= 65_536, "is larger than 64 KiB");

const addressSchema = z.strictObject({
  purpose: z.enum(addressPurposes),
  via: z.enum(["email", "sms"]),
  value: z.string(),
  verified: z.boolean().optional(),
  status: z.enum(addressStatuses).optional(),
  verifiedAt: z.date().nullable().optional(),
});

const identityFields = {
  name: nameSchema.optional(),
  /** As whoever makes it calls it: of any kind, and not unique. */
  displayName: z.string().max(1_000).nullable().optional(),
  applicationId: z.uuid().nullable().optional(),
  /** The auth flow that its credentials were asked for by; one of the application's. */
  authFlowId: z.uuid().nullable().optional(),
  /** Its application's unless given. */
  sourceUrl: urlSchema.nullable().optional(),
  allowedDomains: allowedDomainsSchema.optional(),
  maxSessions: maxSessionsSchema.optional(),
  state: z.enum(["active", "inactive"]).optional(),
  /** Held against the application's schema where they are given. */
  traits: jsonObjectSchema.optional(),
  /** What is known of addresses; what the traits do not yield is passed over. */
  addresses: z.array(addressSchema).max(100).optional(),
  metadata: jsonObjectSchema.nullable().optional(),
  metadataAdmin: jsonObjectSchema.nullable().optional(),
  externalId: storableText.min(1).max(64, "is longer than 64 characters").nullable().optional(),
  provider: z.enum(providerNames).nullable().optional(),
  providerIdentityId: z.uuid().nullable().optional(),
  proxyServer: proxySchema.nullable().optional(),
  healthChecks: z.boolean().optional(),
  autoReauthenticate: z.boolean().optional(),
  saveSessions: z.boolean().optional(),
};

/** A client's own name for a request, and what the request asks for: see `Identities.create`. */
const idempotencySchema = z.strictObject({
  key: z.string().min(1).max(255),
  fingerprint: z.custom<RequestFingerprint>(
    (value) => typeof value === "object" && value !== null && "isSame" in value,
  ),
});

export const newIdentitySchema = z.strictObject({
  ...identityFields,
  credentials: credentialsSchema,
  idempotency: idempotencySchema.optional(),
});

export const identityPatchSchema = z.strictObject({
  ...identityFields,
  credentials: credentialsSchema.optional(),
  removeCredentials: z.array(z.enum(credentialTypes)).optional(),
});

export type NewIdentity = z.input<typeof newIdentitySchema>;
/** What is left out stays; `credentials` replaces those of the same types, `metadata` the whole. */
export type IdentityPatch = z.input<typeof identityPatchSchema>;
export type CheckedCredential = z.output<typeof credentialSchema>;

/**
 * Checks input at the door.
 * @throws Failure `invalid_argument` listing every fault by its place, never a value.
 */
export function check<S extends z.ZodType>(schema: S, what: string, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".") || what}: ${message}`);
  throw new Failure("invalid_argument", `The ${what} is not usable.\n  ${faults.join("\n  ")}`);
}

/** Checks a new identity without making it. @throws Failure `invalid_argument` listing every fault */
export function assertNewIdentity(input: NewIdentity): void {
  check(newIdentitySchema, "identity", input);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** What is wrong with the URL of a page that credentials are typed on, or null. */
export function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || text.length > 2_000) return "is not a URL";
  if (url.username !== "" || url.password !== "")
    return "holds a user or password: store those as a credential";
  if (url.protocol === "https:") return null;
  if (url.protocol !== "http:") return "is not an http(s) URL";
  return isLoopback(url.hostname)
    ? null
    : "is not https: credentials are never sent in the clear, but to loopback";
}

/** Whether a text is a proxy's address as Chromium takes it, without a user and password. */
export function isProxyServer(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^(?:https?|socks5):$/.test(url.protocol) &&
    url.hostname !== "" &&
    url.username === "" &&
    url.password === "" &&
    /^\/?$/.test(url.pathname) &&
    url.search === "" &&
    url.hash === ""
  );
}
