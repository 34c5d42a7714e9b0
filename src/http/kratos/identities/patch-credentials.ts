import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { NewCredential } from "../../../identity/types.ts";
import type { Secret } from "../../../secret.ts";
import { badRequest } from "../refusal.ts";
import { keptHash, keptHook } from "./given-password.ts";
import { authenticatorOf } from "./import-credentials.ts";
import { type CredentialChanges, keptDocuments, keysLeft, toKept } from "./kept-credentials.ts";
import type { Document } from "./patch-document.ts";

const credentialSchema = z.looseObject({ type: z.string().default(""), config: z.unknown().optional() });
const totpSchema = z.object({ totp_url: z.string() });
const ringsSchema = keptDocuments.webauthn.shape;

/** What has to be known of the password that there is. */
export interface PasswordThere {
  /** Typed with it, where that is not what a trait says. */
  username: Secret | undefined;
  /** The hash that was patched in is that of the password that is stored. */
  isSame: boolean;
}

/** The hash that a patch gave the password, where it gave it one. */
export function hashGiven(before: Document, after: Document): string | undefined {
  const config = configIn(after, "password");
  if (isDeepStrictEqual(configIn(before, "password"), config)) return undefined;
  return keptDocuments.password_hash.safeParse(config).data?.hashed_password;
}

/** What a patch made of the credentials. @throws KratosRefusal 400 */
export function credentialChangesOf(
  before: Document,
  after: Document,
  password: PasswordThere,
): CredentialChanges {
  const [was, is] = [credentialsIn(before), credentialsIn(after)];
  const credentials: NewCredential[] = [];
  const removed: NonNullable<CredentialChanges["removeCredentials"]> = [];
  const changed = Object.keys(is).filter((name) => !isDeepStrictEqual(was[name], is[name]));
  for (const name of changed) {
    assertCredential(name, is[name]);
    const config = configIn(after, name) ?? {};
    const isAsBefore = Object.hasOwn(was, name) && isDeepStrictEqual(configIn(before, name), config);
    if (!isAsBefore && !isRing(name)) credentials.push(...credentialOf(name, config, password));
  }
  for (const name of Object.keys(was)) if (!(name in is)) removed.push(...(ownTypes[name] ?? []));
  const keys = keyChanges(before, after);
  credentials.push(...(keys.credentials ?? []));
  removed.push(...(keys.removeCredentials ?? []));
  return {
    ...(credentials.length === 0 ? {} : { credentials }),
    ...(removed.length === 0 ? {} : { removeCredentials: removed }),
  };
}

/** The core's types that a credential of Kratos stands for; keys are told of by `keyChanges`. */
const ownTypes: Readonly<Record<string, NonNullable<CredentialChanges["removeCredentials"]>>> = {
  password: ["username_password", "password_hash"],
  totp: ["authenticator"],
  lookup_secret: ["backup_codes"],
  passkey: ["passkey"],
};

/** @throws KratosRefusal 400 */
function assertCredential(name: string, value: unknown): void {
  const found = credentialSchema.safeParse(value);
  if (!found.success) throw badRequest(`credentials.${name} is not as Kratos has it.`);
  const { type } = found.data;
  if (type !== name) throw badRequest(`credentials.${name}.type must equal "${name}", got "${type}"`);
}

function credentialOf(name: string, config: unknown, { username, isSame }: PasswordThere): NewCredential[] {
  switch (name) {
    case "password": {
      const { hashed_password: hash, use_password_migration_hook: isHooked } = parsed(
        keptDocuments.password_hash,
        name,
        config,
      );
      if (isHooked === true) return keptHook(username);
      return isSame ? [] : keptHash(hash ?? "", username);
    }
    case "lookup_secret":
      return [toKept("backup_codes", parsed(keptDocuments.backup_codes, name, config))];
    case "totp":
      return [authenticatorOf(parsed(totpSchema, name, config).totp_url)];
    default:
      throw badRequest(`credentials.${name} cannot be changed by a patch.`);
  }
}

const isRing = (name: string): name is keyof typeof ringsSchema => Object.hasOwn(ringsSchema, name);

function keyChanges(before: Document, after: Document): CredentialChanges {
  const names = ["webauthn", "passkey"] as const;
  if (names.every((name) => isDeepStrictEqual(configIn(before, name), configIn(after, name)))) return {};
  const rings = names.flatMap((name) => {
    const config = configIn(after, name);
    // Of one that is not stored here there is nothing to be seen.
    const isThere = config !== undefined && !isDeepStrictEqual(config, {});
    return isThere ? [[name, parsed(ringsSchema[name], name, config)]] : [];
  });
  return keysLeft(Object.fromEntries(rings));
}

/** @throws KratosRefusal 400 */
function parsed<S extends z.ZodType>(schema: S, name: string, config: unknown): z.output<S> {
  const found = schema.safeParse(config);
  if (!found.success) throw badRequest(`credentials.${name}.config is not as Kratos has it.`);
  return found.data;
}

function credentialsIn({ credentials }: Document): Document {
  return typeof credentials === "object" && credentials !== null ? { ...credentials } : {};
}

function configIn(document: Document, name: string): unknown {
  const credential = credentialsIn(document)[name];
  return typeof credential === "object" && credential !== null && "config" in credential
    ? credential.config
    : undefined;
}
