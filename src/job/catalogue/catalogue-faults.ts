/** What is wrong with a flow file's default export, in words for its author; undefined when it is a flow. */
export function flowFault(exported: unknown): string | undefined {
  const flow = asRecord(exported);
  if (flow?.["kind"] !== "flow")
    return "does not export a flow as default: `export default defineFlow({ … })`";
  if (typeof flow["description"] !== "string" || flow["description"].trim() === "")
    return "the flow has no description";
  if (typeof flow["run"] !== "function") return "the flow has no `run` function";
  for (const part of ["input", "output"] as const) {
    const fault = schemaFault(flow[part]);
    if (fault !== undefined) return `its ${part} schema ${fault}`;
  }
  const deadline = flow["deadlineMs"];
  if (deadline !== undefined && !(Number.isInteger(deadline) && (deadline as number) > 0)) {
    return "deadlineMs is not a positive whole number of milliseconds";
  }
  const startUrl = flow["startUrl"];
  if (startUrl !== undefined && !isWebUrl(startUrl)) return "startUrl is not an http(s) URL";
  return undefined;
}

/** What is wrong with a site file's default export, in words for its author; undefined when it is a site. */
export function siteFault(exported: unknown): string | undefined {
  const site = asRecord(exported);
  if (site?.["kind"] !== "site")
    return "does not export a site as default: `export default defineSite({ … })`";
  const hosts = site["hosts"];
  if (!Array.isArray(hosts) || hosts.length === 0) return "the site names no hosts";
  const bad = hosts.find(
    (host) => typeof host !== "string" || !/^[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/.test(host),
  );
  if (bad !== undefined) return `"${String(bad)}" is not a host such as example.com or localhost:8080`;
  if (site["loginUrl"] !== undefined && !isWebUrl(site["loginUrl"])) return "loginUrl is not an http(s) URL";
  const sessions = site["sessionsPerIdentity"];
  if (sessions !== undefined && !(Number.isInteger(sessions) && (sessions as number) > 0)) {
    return "sessionsPerIdentity is not a positive whole number";
  }
  for (const part of ["signedIn", "login"] as const) {
    if (site[part] !== undefined && typeof site[part] !== "function") return `${part} is not a function`;
  }
  return undefined;
}

/** A Standard Schema (https://standardschema.dev) has `~standard` with a version and a `validate` function. */
function schemaFault(schema: unknown): string | undefined {
  if (schema === undefined) return undefined;
  const standard = asRecord(asRecord(schema)?.["~standard"]);
  if (standard === undefined) return "is no Standard Schema (zod, valibot, arktype …)";
  if (standard["version"] !== 1 || typeof standard["validate"] !== "function")
    return "is of an unknown Standard Schema version";
  return undefined;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return (typeof value === "object" && value !== null) || typeof value === "function"
    ? (value as Record<string, unknown>)
    : undefined;
}

function isWebUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
