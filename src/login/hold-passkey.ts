import {
  type HeldCredential,
  openVirtualAuthenticator,
  type VirtualAuthenticator,
} from "../browser/virtual-authenticator.ts";
import { Failure } from "../failure.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import type { LoginRequest } from "./request.ts";
import type { LoginCredentials } from "./site.ts";

/** The identity's passkey in the page's browser, while a login goes on. Disposing of it leaves nothing of it there. */
export interface HeldPasskey extends AsyncDisposable {
  /** Whether the site was given its signature; told once. */
  takeUse(): boolean;
}

/**
 * Puts the identity's passkey into the browser, before the first page asks for it; undefined where it has none, or
 * none for a domain that credentials may be given to. It signs once: then the browser holds it no longer, and a site
 * that asks again is told that there is none. Each new signature counter is handed to the credentials at once.
 * @throws Failure `credentials_missing` where the browser cannot hold it and there is no password to sign in with
 */
export async function holdPasskey({
  page,
  credentials,
  isAllowed,
  log,
}: Pick<LoginRequest, "page" | "credentials" | "log"> & { isAllowed: IsAllowed }): Promise<
  HeldPasskey | undefined
> {
  const { has } = credentials;
  if (has.passkey === false || !isAllowed(`https://${has.passkey}`)) return undefined;
  const passkey = await credentials.passkey();
  await using opening = new AsyncDisposableStack();
  let use: "none" | "new" | "told" = "none";
  const saving: Promise<void>[] = [];
  const onAsserted = ({ id, signCount }: HeldCredential) => {
    if (id !== passkey.id) return;
    if (use === "none") use = "new";
    const saved = credentials.passkeyUsed(signCount);
    saved.catch(() => {});
    saving.push(saved);
    authenticator.forget().catch(() => {});
  };
  let authenticator: VirtualAuthenticator;
  try {
    // A site may ask for a passkey of this device, or for a security key: it answers to both.
    authenticator = await openVirtualAuthenticator({ page, transports: ["internal", "usb"], onAsserted });
    opening.use(authenticator);
    const declining = await page.addInitScript(declineCreation);
    opening.defer(() => declining.dispose().catch(() => {}));
    await authenticator.hold({ ...passkey, privateKey: passkey.privateKey.reveal() });
  } catch (error) {
    // What the protocol answers may quote what it was sent: it is not kept.
    if (page.isClosed()) throw error;
    if (!has.password)
      throw new Failure(
        "credentials_missing",
        "The browser does not take the passkey, and there is no password.",
      );
    log.warn("the browser does not take the passkey; the login goes on without it");
    return undefined;
  }
  const held = opening.move();
  return {
    takeUse() {
      if (use !== "new") return false;
      use = "told";
      return true;
    },
    async [Symbol.asyncDispose]() {
      await held.disposeAsync();
      await Promise.all(saving);
    },
  };
}

/** The credentials without a passkey: the rules plan without it. */
export function withoutPasskey(credentials: LoginCredentials): LoginCredentials {
  return { ...credentials, has: { ...credentials.has, passkey: false } };
}

/**
 * Runs in each document: a passkey is only ever used. Were a site to propose a new one on its own, the authenticator
 * would make it without asking anybody; so the page hears what it would if its user had said no (WebAuthn §5.1.3).
 */
function declineCreation(): void {
  const container = navigator.credentials as CredentialsContainer | undefined;
  if (container === undefined) return;
  const create = container.create.bind(container);
  container.create = async (options) => {
    if (options?.publicKey !== undefined) throw new DOMException("Not allowed.", "NotAllowedError");
    return await create(options);
  };
}
