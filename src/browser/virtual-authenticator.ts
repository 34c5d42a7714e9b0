import type { CDPSession, Page } from "playwright-core";

/** How a browser reaches an authenticator: built into the device, or a key plugged in (WebAuthn §5.8.4). */
export type AuthenticatorTransport = "internal" | "usb";

/** A credential as the browser's authenticator holds it; base64url, the private key PKCS #8 in DER. */
export interface HeldCredential {
  rpId: string;
  id: string;
  /** Empty where the site gave none. */
  userHandle: string;
  privateKey: string;
  signCount: number;
}

/** An authenticator inside the browser, for one page and what is framed in it. Disposing of it forgets what it held. */
export interface VirtualAuthenticator extends AsyncDisposable {
  hold(credential: HeldCredential): Promise<void>;
  /** Forgets its credentials; a site that asks is told that there is none. */
  forget(): Promise<void>;
}

/**
 * Puts an authenticator into the page by Chromium's own WebAuthn domain: the key stays in the browser's process, and
 * the browser checks which site may ask for which credential. It is present and verified whenever a site asks.
 * @throws what the browser throws where it has no such domain
 */
export async function openVirtualAuthenticator({
  page,
  transports,
  onAsserted = () => {},
  onAdded = () => {},
}: {
  page: Page;
  transports: readonly AuthenticatorTransport[];
  /** A site was given a signature. */
  onAsserted?: (credential: HeldCredential) => void;
  /** A site had a credential made. */
  onAdded?: (credential: HeldCredential) => void;
}): Promise<VirtualAuthenticator> {
  const cdp = await page.context().newCDPSession(page);
  const close = () => closeSession(cdp);
  try {
    cdp.on("WebAuthn.credentialAsserted", ({ credential }) => onAsserted(fromProtocol(credential)));
    cdp.on("WebAuthn.credentialAdded", ({ credential }) => onAdded(fromProtocol(credential)));
    await cdp.send("WebAuthn.enable", { enableUI: false });
    const ids: string[] = [];
    for (const transport of transports) {
      const options = {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      } as const;
      ids.push((await cdp.send("WebAuthn.addVirtualAuthenticator", { options })).authenticatorId);
    }
    return {
      async hold(held) {
        const credential = toProtocol(held);
        for (const authenticatorId of ids)
          await cdp.send("WebAuthn.addCredential", { authenticatorId, credential });
      },
      async forget() {
        for (const authenticatorId of ids) await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The domain ends with the connection; where the page is gone, both are. */
async function closeSession(cdp: CDPSession): Promise<void> {
  await cdp.send("WebAuthn.disable").catch(() => {});
  await cdp.detach().catch(() => {});
}

interface ProtocolCredential {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
}

/** The protocol writes bytes as base64, WebAuthn as base64url. */
function fromProtocol(credential: ProtocolCredential): HeldCredential {
  const url = (base64: string) => Buffer.from(base64, "base64").toString("base64url");
  return {
    rpId: credential.rpId ?? "",
    id: url(credential.credentialId),
    userHandle: url(credential.userHandle ?? ""),
    privateKey: url(credential.privateKey),
    signCount: credential.signCount,
  };
}

/** Discoverable, whatever it was made as: it then answers a site that names it and one that does not. */
function toProtocol({ rpId, id, userHandle, privateKey, signCount }: HeldCredential): ProtocolCredential {
  const base64 = (url: string) => Buffer.from(url, "base64url").toString("base64");
  return {
    rpId,
    credentialId: base64(id),
    isResidentCredential: true,
    userHandle: base64(userHandle),
    privateKey: base64(privateKey),
    signCount,
  };
}
