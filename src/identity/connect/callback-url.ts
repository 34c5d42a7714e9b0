import { Failure } from "../../failure.ts";
import { isLoopback } from "../domains.ts";

const longest = 2_000;

/**
 * Checks where the connect page is to send its visitor back to: https (http to loopback, for development), nothing in
 * it that a browser would not send on, and, where the application lists its callbacks, one of those exactly.
 * @returns the URL as browsers write it
 * @throws Failure `invalid_argument`
 */
export function checkCallbackUrl(text: string, allowed: readonly string[]): string {
  const refuse = (message: string) => new Failure("invalid_argument", message);
  const url = text.length <= longest ? URL.parse(text) : null;
  if (url === null || !(url.protocol === "https:" || isLoopbackHttp(url)))
    throw refuse("callbackUrl must be a valid HTTPS URL.");
  if (url.username !== "" || url.password !== "")
    throw refuse("callbackUrl must not hold a user or password.");
  // An empty fragment too: `url.hash` does not show it.
  if (url.href.includes("#")) throw refuse("callbackUrl must not have a fragment.");
  if (allowed.length > 0 && !allowed.some((each) => URL.parse(each)?.href === url.href))
    throw refuse("callbackUrl is not one of the application's callback URLs.");
  return url.href;
}

const isLoopbackHttp = ({ protocol, hostname }: URL) => protocol === "http:" && isLoopback(hostname);
