import type { Identity } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import type { Cell } from "../table.ts";

/** An identity for people: label and value, one row each. */
export function identityFields(context: CliContext, identity: Identity): [string, string][] {
  const { allowedDomains, credentials, stateCapturedAt, maxSessions, provider, proxyServer, metadata } =
    identity;
  const at = (date: Date) => `${date.toISOString()} (${ago(date)})`;
  return [
    ["Name", identity.name],
    ["Id", identity.id],
    ["Site", identity.sourceUrl],
    ["Status", `${colourOf(context, identity)(statusText(identity))}, since ${at(identity.statusAt)}`],
    [
      "Credentials",
      credentials
        .map(({ type, fields }) => (fields === undefined ? type : `${type} (${fields.join(", ")})`))
        .join(", ") || "none",
    ],
    ["Saved state", stateCapturedAt === null ? "none" : `captured ${at(stateCapturedAt)}`],
    ["Allowed domains", ["the site's own", ...allowedDomains].join(", ")],
    ["Sessions at once", maxSessions === null ? "as the site says, else 1" : String(maxSessions)],
    ["Provider", provider ?? "as configured"],
    ["Proxy", proxyServer ?? "none"],
    ["Metadata", JSON.stringify(metadata)],
  ];
}

export function statusCell(context: CliContext, identity: Identity): Cell {
  return { text: statusText(identity), style: colourOf(context, identity) };
}

function statusText({ status, statusReason }: Identity): string {
  return statusReason === null ? status : `${status} (${statusReason})`;
}

function colourOf({ style }: CliContext, { status }: Identity): (text: string) => string {
  return { validated: style.green, failed: style.red, pending: style.yellow }[status];
}
