import { Secret } from "../../secret.ts";
import type { CheckedCredential } from "../identity-input.ts";
import {
  type CredentialSummary,
  type CredentialType,
  type KeptCredentialType,
  keptCredentialTypes,
  type RevealedCredentials,
  type RevealedMailbox,
  type RevealedPasskey,
} from "../types.ts";
import type { Authenticator } from "./authenticator.ts";

function isKeptType(type: CredentialType): type is KeptCredentialType {
  return keptCredentialTypes.some((kept) => kept === type);
}

const isKept = (
  credential: CheckedCredential,
): credential is Extract<CheckedCredential, { type: KeptCredentialType }> => isKeptType(credential.type);

/** What anyone may see of a credential: nothing that signs in. */
export function summaryOf(credential: CheckedCredential): Record<string, unknown> {
  if (isKept(credential)) {
    const { identifiers } = credential;
    return { isKeptOnly: true, ...(identifiers === undefined ? {} : { identifiers }) };
  }
  switch (credential.type) {
    case "username_password":
      return credential.password === undefined ? { passwordless: true } : {};
    case "authenticator":
      return {
        algorithm: credential.algorithm,
        digits: credential.digits,
        periodSeconds: credential.periodSeconds,
      };
    case "passkey":
      return { rpId: credential.rpId };
    case "mailbox":
      return { host: credential.host };
    case "custom":
      return { fields: Object.keys(credential.fields) };
  }
}

/** What anyone may see of credentials that are there in the clear. */
export function summariesOf(revealed: RevealedCredentials): CredentialSummary[] {
  const { usernamePassword, authenticator, passkey, mailbox, custom } = revealed;
  return [
    ...(usernamePassword === undefined
      ? []
      : [
          {
            type: "username_password" as const,
            ...(usernamePassword.password === undefined ? { passwordless: true as const } : {}),
          },
        ]),
    ...(authenticator === undefined ? [] : [{ type: "authenticator" as const }]),
    ...(passkey === undefined ? [] : [{ type: "passkey" as const, rpId: passkey.rpId }]),
    ...(mailbox === undefined ? [] : [{ type: "mailbox" as const, host: mailbox.host }]),
    ...(custom === undefined ? [] : [{ type: "custom" as const, fields: Object.keys(custom) }]),
  ];
}

/** What is sealed of a credential, as plain JSON; `assignRevealed` reads it. */
export function plainOf(credential: CheckedCredential): Record<string, unknown> {
  if (isKept(credential)) return { kept: credential.kept.reveal() };
  switch (credential.type) {
    case "username_password":
      return {
        ...(credential.username === undefined ? {} : { username: credential.username.reveal() }),
        ...(credential.password === undefined ? {} : { password: credential.password.reveal() }),
      };
    case "authenticator": {
      const { secret, algorithm, digits, periodSeconds } = credential;
      return { secret: secret.reveal(), algorithm, digits, periodSeconds } satisfies Authenticator;
    }
    case "passkey": {
      const { type: _, privateKey, ...rest } = credential;
      return { ...rest, privateKey: privateKey.reveal() };
    }
    case "mailbox": {
      const { type: _, username, password, ...rest } = credential;
      return { ...rest, username: username.reveal(), password: password.reveal() };
    }
    case "custom":
      return Object.fromEntries(
        Object.entries(credential.fields).map(([name, secret]) => [name, secret.reveal()]),
      );
  }
}

/** Puts an unsealed credential in its place. The seal authenticated what `plainOf` wrote: its shape needs no second check. */
export function assignRevealed(
  revealed: RevealedCredentials,
  { type, plain, loginName }: { type: CredentialType; plain: unknown; loginName: string | null },
): void {
  if (isKeptType(type)) {
    const { kept } = plain as { kept: string };
    revealed.kept = { ...revealed.kept, [type]: new Secret(kept) };
    return;
  }
  switch (type) {
    case "username_password": {
      const { username = loginName, password } = plain as { username?: string; password?: string };
      // Its trait was taken away.
      if (username === null) return;
      revealed.usernamePassword = {
        username: new Secret(username),
        ...(password === undefined ? {} : { password: new Secret(password) }),
      };
      return;
    }
    case "authenticator": {
      const { secret, ...rest } = plain as Authenticator;
      revealed.authenticator = { secret: new Secret(secret), ...rest };
      return;
    }
    case "passkey": {
      const { privateKey, ...rest } = plain as Plain<RevealedPasskey, "privateKey">;
      revealed.passkey = { ...rest, privateKey: new Secret(privateKey) };
      return;
    }
    case "mailbox": {
      const { username, password, ...rest } = plain as Plain<RevealedMailbox, "username" | "password">;
      revealed.mailbox = { ...rest, username: new Secret(username), password: new Secret(password) };
      return;
    }
    case "custom":
      revealed.custom = Object.fromEntries(
        Object.entries(plain as Record<string, string>).map(([name, value]) => [name, new Secret(value)]),
      );
  }
}

/** Everything in it that no log may show. */
export function secretsOf({
  usernamePassword,
  authenticator,
  passkey,
  mailbox,
  custom,
}: RevealedCredentials): Secret[] {
  return [
    usernamePassword?.password,
    authenticator?.secret,
    passkey?.privateKey,
    mailbox?.password,
    ...Object.values(custom ?? {}),
  ].filter((secret) => secret !== undefined);
}

type Plain<T, Secrets extends keyof T> = Omit<T, Secrets> & Record<Secrets, string>;
