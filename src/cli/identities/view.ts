import { canReauthenticate } from "../../identity/credentials/can-reauthenticate.ts";
import type { Health } from "../../identity/health.ts";
import type { Identity, Sighting } from "../../identity/types.ts";
import type { CliContext } from "../context.ts";
import { ago } from "../format.ts";
import type { Cell } from "../table.ts";

/** An identity for people: label and value, one row each. */
export function identityFields(context: CliContext, identity: Identity): [string, string][] {
  const { allowedDomains, credentials, stateCapturedAt, maxSessions, proxyServer, metadata } = identity;
  const at = (date: Date) => `${date.toISOString()} (${ago(date)})`;
  return [
    ["Name", identity.name],
    ...(identity.displayName === null || identity.displayName === identity.name
      ? []
      : [["Shown as", identity.displayName] satisfies [string, string]]),
    ["Id", identity.id],
    ["Site", identity.sourceUrl ?? "none yet: its application has no URL"],
    ["State", stateText(context, identity)],
    ["Status", `${colourOf(context, identity)(statusText(identity))}, since ${at(identity.statusAt)}`],
    ["Health", healthText(context, identity)],
    ["Unattended login", reauthenticateText(identity)],
    [
      "Credentials",
      credentials
        .map(({ type, fields }) => (fields === undefined ? type : `${type} (${fields.join(", ")})`))
        .join(", ") || "none",
    ],
    ["Saved state", stateCapturedAt === null ? "none" : `captured ${at(stateCapturedAt)}`],
    ["Allowed domains", ["the site's own", ...allowedDomains].join(", ")],
    ["Sessions at once", maxSessions === null ? "as the site says, else 1" : String(maxSessions)],
    ["Provider", providerText(identity)],
    ["Proxy", proxyServer ?? "none"],
    ["External id", identity.externalId ?? "none"],
    ["Login name", identity.loginName ?? "as its credentials have it"],
    ["Traits", JSON.stringify(identity.traits)],
    ["First seen", sightingText(identity.firstSeen)],
    ["Last seen", sightingText(identity.lastSeen)],
    ["Metadata", JSON.stringify(metadata ?? {})],
  ];
}

/** An identity's health as a table's cell. */
export function healthCell({ style }: CliContext, { state }: Pick<Health, "state">): Cell {
  const colours = {
    unknown: style.dim,
    healthy: style.green,
    expiring: style.yellow,
    needs_attention: style.red,
  };
  return { text: state, style: colours[state] };
}

function stateText({ style }: CliContext, { state, stateChangedAt }: Identity): string {
  if (state === "active") return state;
  return `${style.yellow(state)}, since ${stateChangedAt.toISOString()} (${ago(stateChangedAt)}): it runs nothing`;
}

/** When, and from where with what as far as that is known. */
function sightingText(sighting: Sighting | null): string {
  if (sighting === null) return "never";
  const { at, address, userAgent } = sighting;
  const where = [address, userAgent].filter((part) => part !== null).join(", ");
  return `${at} (${ago(new Date(at))})${where === "" ? "" : `, ${where}`}`;
}

function healthText(context: CliContext, { health, healthChecks }: Identity): string {
  const { state, reason, seenAt } = health;
  const cell = healthCell(context, health);
  const shown = typeof cell === "string" ? cell : cell.style(state);
  const seen = seenAt === null ? "" : `, seen ${ago(seenAt)}`;
  const checks = healthChecks ? "" : "; scheduled checks pass it over";
  return `${shown}${seen}: ${reason}${checks}`;
}

function providerText({ provider, providerIdentityId }: Identity): string {
  const known = providerIdentityId === null ? "" : `, which knows it as ${providerIdentityId}`;
  return `${provider ?? "as configured"}${known}`;
}

function reauthenticateText(identity: Identity): string {
  const { can, reason } = canReauthenticate(identity);
  if (!can) return `not possible: ${reason}`;
  return identity.autoReauthenticate ? "possible" : "possible, but health checks may not";
}

export function statusCell(context: CliContext, identity: Identity): Cell {
  const text = statusText(identity);
  return identity.state === "active"
    ? { text, style: colourOf(context, identity) }
    : { text: `inactive, ${text}`, style: context.style.dim };
}

function statusText({ status, statusReason }: Identity): string {
  return statusReason === null ? status : `${status} (${statusReason})`;
}

function colourOf({ style }: CliContext, { status }: Identity): (text: string) => string {
  return { validated: style.green, failed: style.red, pending: style.yellow }[status];
}
