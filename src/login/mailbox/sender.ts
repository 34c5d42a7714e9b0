import { getDomainWithoutSuffix } from "tldts";
import { registrableDomain } from "../../identity/domains.ts";
import type { Message } from "./message.ts";
import { fold } from "./tidy.ts";

/** Whether a message has anything to do with a site: it comes from one of its domains, leads there, or names it. */
export function isAboutSite(message: Message, siteHosts: readonly string[]): boolean {
  return siteHosts.some((host) => isAboutHost(message, host));
}

function isAboutHost({ from, links, lines, names, subject }: Message, host: string): boolean {
  const domain = registrableDomain(host);
  const name = getDomainWithoutSuffix(host, { allowPrivateDomains: true });
  return (
    from.some((address) => registrableDomain(address.split("@").at(-1) ?? "") === domain) ||
    links.some(({ url }) => registrableDomain(URL.parse(url)?.hostname ?? "") === domain) ||
    lines.some(({ text }) => text.toLowerCase().includes(domain)) ||
    (name !== null &&
      name.length >= 3 &&
      fold(`${names} ${subject}`)
        .split(/[^\p{L}\p{N}-]+/u)
        .includes(name))
  );
}
