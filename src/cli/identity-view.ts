import type { Identity } from "../identity/types.ts";

/** An identity for people: label and value, one row each. */
export function identityFields(identity: Identity): [string, string][] {
  return [
    ["Name", identity.name],
    ["Id", identity.id],
    ["Site", identity.sourceUrl],
    ["Allowed domains", identity.allowedDomains.join(", ") || "the site's own"],
    [
      "Status",
      identity.statusReason === null ? identity.status : `${identity.status} (${identity.statusReason})`,
    ],
    ["Since", identity.statusAt.toISOString()],
    [
      "Credentials",
      identity.credentials
        .map(({ type, fields }) => (fields === undefined ? type : `${type} (${fields.join(", ")})`))
        .join(", ") || "none",
    ],
    [
      "Saved state",
      identity.stateCapturedAt === null ? "none" : `captured ${identity.stateCapturedAt.toISOString()}`,
    ],
    ["Sessions at once", String(identity.maxSessions ?? "the site's, else 1")],
    ["Provider", identity.provider ?? "the configured one"],
    ["Proxy", identity.proxyServer ?? "none"],
    ["Metadata", JSON.stringify(identity.metadata)],
  ];
}
