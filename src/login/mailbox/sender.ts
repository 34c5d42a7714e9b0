import { getDomainWithoutSuffix } from "tldts";
import { registrableDomain } from "../../identity/domains.ts";
import type { Message } from "./message.ts";
import { fold } from "./tidy.ts";

/** Whether a message has anything to do with a site: it comes from its domain, leads there, or names it. */
export function isAboutSite(message: Message, siteHost: string): boolean {
  const domain = registrableDomain(siteHost);
  const name = getDomainWithoutSuffix(siteHost, { allowPrivateDomains: true });
  const said = fold([message.names, message.subject].join(" "));
  return (
    message.from.some((address) => registrableDomain(address.split("@").at(-1) ?? "") === domain) ||
    message.links.some(({ url }) => registrableDomain(URL.parse(url)?.hostname ?? "") === domain) ||
    message.lines.some(({ text }) => text.toLowerCase().includes(domain)) ||
    (name !== null && name.length >= 3 && said.split(/[^\p{L}\p{N}-]+/u).includes(name))
  );
}
