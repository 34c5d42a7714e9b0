import type { ImapFlowError } from "imapflow";
import { Failure } from "../../failure.ts";
import type { RevealedMailbox } from "../../identity/types.ts";

const certificateFaults: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "comes from an authority that is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "comes from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT: "comes from an authority that is not trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "comes from an authority that is not trusted here",
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet: look at this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: "is for another name",
};

/**
 * What kept a mailbox from being read, in our own words. The client's error is not kept, not even as a cause: it
 * holds the command that failed and the server's answer. Retryable where the network is at fault: a refused login is
 * never tried again, or the provider might lock the mailbox.
 */
export function mailboxFailure(
  error: unknown,
  { host, port, security, folder }: Pick<RevealedMailbox, "host" | "port" | "security" | "folder">,
): Failure {
  if (error instanceof Failure) return error;
  const place = `The mailbox at ${host}:${port}`;
  const { code = "", ...details } = (error ?? {}) as Partial<ImapFlowError>;
  const failure = (message: string, retryable = false) =>
    new Failure("mailbox_unavailable", `${place} ${message}`, { retryable });

  const certificate = certificateFaults[code];
  if (certificate !== undefined) {
    return failure(
      `cannot be trusted: its certificate ${certificate}. A private authority's certificate is given with NODE_EXTRA_CA_CERTS.`,
    );
  }
  if (details.authenticationFailed === true) {
    // RFC 5530 §3: the server cannot tell at the moment.
    if (details.serverResponseCode === "UNAVAILABLE")
      return failure("cannot check logins at the moment.", true);
    return failure(
      "refused the username or password. Many providers want an app password for IMAP, or IMAP switched on first.",
    );
  }
  if (details.tlsFailed === true || /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/.test(code)) {
    return failure(
      security === "tls"
        ? "does not speak TLS on this port: 993 is usual for `tls`, 143 for `starttls`."
        : "does not offer STARTTLS: the password is not sent in the clear.",
    );
  }
  if (details.mailboxMissing === true || details.responseStatus === "NO")
    return failure(`has no folder ${JSON.stringify(folder)} that can be opened.`);
  if (code === "ENOTFOUND") return failure("is not found: there is no host of that name.");
  if (code === "ECONNREFUSED") return failure("accepts no connection: look at host and port.", true);
  return failure("cannot be reached, or the connection was lost.", true);
}
