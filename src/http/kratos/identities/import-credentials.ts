import { isDeepStrictEqual } from "node:util";
import type { NewCredential } from "../../../identity/types.ts";
import { Secret } from "../../../secret.ts";
import { badRequest } from "../refusal.ts";
import type { CredentialsBody } from "./body.ts";
import { keptHash, keptHook } from "./given-password.ts";
import { type KeyRing, type Link, linkId, toKept } from "./kept-credentials.ts";
import type { Present } from "./present.ts";

/**
 * Imported credentials in the words of the core. A plain password and an authenticator's URL become what signs in; what
 * only Kratos could check is kept as it came. Codes and links are added to those there are, as Kratos does it; all else
 * takes the place of what was there. What is there as it is given stays untouched: clients send back what they read.
 * @throws KratosRefusal 400
 */
export function importCredentials(
  given: CredentialsBody | null | undefined,
  present: Present,
): NewCredential[] {
  if (given == null) return [];
  const { kept } = present;
  const made: NewCredential[] = [];
  if (given.password?.config != null) made.push(...passwordOf(given.password.config, present));
  const totpUrl = given.totp?.config?.totp_url;
  if (totpUrl !== undefined && totpUrl !== present.totpUrl) made.push(authenticatorOf(totpUrl));
  const codes = given.lookup_secret?.config?.codes ?? [];
  if (codes.length > 0)
    made.push(
      toKept("backup_codes", { recovery_codes: [...(kept.backup_codes?.recovery_codes ?? []), ...codes] }),
    );
  for (const type of ["oidc", "saml"] as const) {
    const links = given[type]?.config?.providers ?? [];
    if (links.length === 0) continue;
    const providers = joinLinks(kept[type]?.providers ?? [], links);
    if (!isDeepStrictEqual(providers, kept[type]?.providers)) made.push(toKept(type, { providers }));
  }
  const rings = { webauthn: given.webauthn?.config, passkey: given.passkey?.config };
  const joined = {
    ...kept.webauthn,
    ...(rings.webauthn == null ? {} : { webauthn: joinKeys(kept.webauthn?.webauthn, rings.webauthn) }),
    ...(rings.passkey == null ? {} : { passkey: joinKeys(kept.webauthn?.passkey, rings.passkey) }),
  };
  if (!isDeepStrictEqual(joined, { ...kept.webauthn })) made.push(toKept("webauthn", joined));
  return made;
}

/** Whether a password has to be kept as it is: a batch may have only so many of them. */
export const hasPlainPassword = (given: CredentialsBody | null | undefined): boolean =>
  (given?.password?.config?.password ?? "") !== "";

type PasswordConfig = NonNullable<NonNullable<CredentialsBody["password"]>["config"]>;

function passwordOf(
  { password, hashed_password: hash, use_password_migration_hook: isHooked }: PasswordConfig,
  { username, hasPassword }: Present,
): NewCredential[] {
  if (isHooked) return keptHook(username);
  if (password === "") return hasPassword ? [] : keptHash(hash, username);
  return [
    {
      type: "username_password",
      ...(username === undefined ? {} : { username }),
      password: new Secret(password),
    },
  ];
}

/** Whatever its scheme is: what counts are its parameters. */
export function authenticatorOf(url: string): NewCredential {
  if (/^otpauth:/i.test(url)) return { type: "authenticator", secret: new Secret(url) };
  const query = URL.parse(url)?.searchParams;
  if (query?.get("secret") == null) throw badRequest("The imported TOTP URL has no parameter `secret`.");
  return { type: "authenticator", secret: new Secret(`otpauth://totp/imported?${query.toString()}`) };
}

function joinLinks(before: readonly Link[], added: readonly Link[]): Link[] {
  const links = new Map(before.map((link) => [linkId(link), link]));
  for (const link of added) {
    if (link.provider === "" || link.subject === "")
      throw badRequest("A login elsewhere needs both `provider` and `subject`.");
    links.set(linkId(link), link);
  }
  return [...links.values()];
}

function joinKeys(
  before: KeyRing | undefined,
  added: { credentials: unknown[]; user_handle?: unknown },
): KeyRing {
  const keys = new Map(before?.credentials.map((key) => [idOf(key), key]));
  for (const key of added.credentials) {
    const id = idOf(key);
    if (id === undefined) throw badRequest("Each of the imported keys needs an `id`.");
    keys.set(id, key);
  }
  return {
    credentials: [...keys.values()],
    user_handle: typeof added.user_handle === "string" ? added.user_handle : (before?.user_handle ?? ""),
  };
}

const idOf = (key: unknown): string | undefined =>
  typeof key === "object" && key !== null && "id" in key && typeof key.id === "string" ? key.id : undefined;
