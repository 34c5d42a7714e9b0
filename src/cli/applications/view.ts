import type { ApplicationOverview } from "../../identity/applications/application-overview.ts";
import type { Application } from "../../identity/applications/applications.ts";
import { rulesetOf } from "../../identity/applications/schema-of.ts";
import { ago } from "../format.ts";

/** An application for people: label and value, one row each. */
export function applicationFields(application: ApplicationOverview, pfid: string): [string, string][] {
  const { allowedDomains, callbackUrls, frameOrigins, maxSessions, createdAt, updatedAt } = application;
  const at = (date: Date) => `${date.toISOString()} (${ago(date)})`;
  return [
    ["Name", application.name],
    ["Id", application.id],
    ["Site", application.url ?? "none yet: its identities can sign in nowhere"],
    ["Description", application.description ?? "none"],
    ["Identities", application.identityCount.toLocaleString("en")],
    ["Schema", `${application.name} (${schemaText(application)})`],
    ["Factors", rulesetText(application)],
    ["Pool", pfid],
    ["Allowed domains", ["the site's own", ...allowedDomains].join(", ")],
    ["Sessions per identity", maxSessions === null ? "as the site says, else 1" : String(maxSessions)],
    ["Connect page asks", application.authMethods.join(", ") || "nothing"],
    ["Callback URLs", callbackUrls.join(", ") || "any https address"],
    ["Frames", frameOrigins.join(", ") || "none"],
    ["Created", at(createdAt)],
    ["Updated", at(updatedAt)],
  ];
}

/** `email (identifies), password, totp`. */
export function rulesetText(application: Pick<Application, "ruleset" | "traitsSchema">): string {
  return rulesetOf(application)
    .map(({ name, identifier }) => (identifier ? `${name} (identifies)` : name))
    .join(", ");
}

function schemaText({ traitsSchema, ruleset }: Pick<Application, "ruleset" | "traitsSchema">): string {
  if (traitsSchema !== null) return "its own";
  return ruleset === null ? "the built-in one" : "that of its factors";
}
