import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure } from "../../failure.ts";
import type { Flow } from "../../flow.ts";
import type { Site } from "../../login/site.ts";
import { flowFault, siteFault } from "./catalogue-faults.ts";
import { checkHealthFlow, checkHealthFlowName } from "./check-health-flow.ts";
import { loadFault } from "./load-fault.ts";
import { validateFlow, validateFlowName } from "./validate-flow.ts";

/** What can be run: every flow and site of the flows folder, loaded and checked. */
export interface Catalogue {
  /** By name, `<site>/<flow>`, sorted. */
  readonly flows: ReadonlyMap<string, Flow>;
  /** @throws Failure `unknown_flow`, naming what comes near. */
  flow(name: string): Flow;
  /** The site that speaks for this URL's host, the most exact host first; undefined where none does. */
  siteFor(url: string): Site | undefined;
}

const sourceFile = /^(?<name>[a-z0-9][a-z0-9-]*)\.(?:ts|mts|js|mjs)$/;
/** What a site's folder and, without its ending, a flow's file may be called. */
export const sourceName = /^[a-z0-9][a-z0-9-]*$/;
const notSources = /\.(?:test|spec)\.[cm]?[jt]s$|\.d\.ts$|^[._]/;

/**
 * Loads `<folder>/<site>/<flow>.ts` and `<folder>/<site>/site.ts`. Importing a flow runs its top level: the folder
 * is code and must be trusted.
 * @throws Failure `invalid_config` listing every fault with its file and reason, all at once.
 */
export async function loadCatalogue(folder: string): Promise<Catalogue> {
  const faults: string[] = [];
  const flows = new Map<string, Flow>([
    [validateFlowName, validateFlow],
    [checkHealthFlowName, checkHealthFlow as Flow],
  ]);
  const files = new Map<string, string>();
  const sites: { file: string; site: Site }[] = [];

  for (const { site, file } of await sourceFiles(folder)) {
    const shown = relative(process.cwd(), file);
    const base = sourceFile.exec(file.slice(file.lastIndexOf(sep) + 1))?.groups?.["name"];
    if (base === undefined || !sourceName.test(site)) {
      faults.push(`${shown}: names of folders and files are lower-case letters, digits and dashes`);
      continue;
    }
    const name = `${site}/${base}`;
    const other = files.get(name);
    if (other !== undefined) {
      faults.push(`${shown}: the flow ${name} is already made by ${other}`);
      continue;
    }
    files.set(name, shown);
    try {
      const { default: exported }: { default?: unknown } = await import(pathToFileURL(file).href);
      const fault = base === "site" ? siteFault(exported) : flowFault(exported);
      if (fault !== undefined) faults.push(`${shown}: ${fault}`);
      else if (base === "site") sites.push({ file: shown, site: exported as Site });
      else flows.set(name, exported as Flow);
    } catch (error) {
      faults.push(await loadFault(error, file));
    }
  }

  const hosts = new Map<string, { file: string; site: Site }>();
  for (const entry of sites) {
    for (const host of entry.site.hosts) {
      const other = hosts.get(host);
      if (other !== undefined)
        faults.push(`${entry.file}: the host ${host} is already spoken for by ${other.file}`);
      hosts.set(host, entry);
    }
  }
  if (faults.length > 0)
    throw new Failure("invalid_config", `The flows folder is not usable.\n  ${faults.join("\n  ")}`);

  return {
    flows: new Map([...flows].sort(([a], [b]) => a.localeCompare(b))),
    flow(name) {
      const flow = flows.get(name);
      if (flow === undefined)
        throw new Failure("unknown_flow", `There is no flow "${name}"${nearest(name, [...flows.keys()])}.`);
      return flow;
    },
    siteFor(url) {
      for (const host of hostsFrom(new URL(url))) {
        const entry = hosts.get(host);
        if (entry !== undefined) return entry.site;
      }
      return undefined;
    },
  };
}

async function sourceFiles(folder: string): Promise<{ site: string; file: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Failure(
      "invalid_config",
      `The flows folder ${folder} cannot be read: set LATCHKEY_FLOWS_DIR.`,
      { cause },
    );
  });
  const sites = entries.filter((entry) => entry.isDirectory() && !notSources.test(entry.name));
  const perSite = await Promise.all(
    sites.map(async ({ name: site }) => {
      const children = await readdir(join(folder, site), { withFileTypes: true });
      return children
        .filter((child) => child.isFile() && /\.[cm]?[jt]s$/.test(child.name) && !notSources.test(child.name))
        .map((child) => ({ site, file: join(folder, site, child.name) }));
    }),
  );
  return perSite.flat().sort((a, b) => a.file.localeCompare(b.file));
}

/** `a.b.example.com:8443` is spoken for by `a.b.example.com:8443`, `a.b.example.com`, `b.example.com`, `example.com`. */
function hostsFrom({ host, hostname }: URL): string[] {
  const labels = hostname.split(".");
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  const parents = isAddress ? [] : labels.slice(1).map((_, index) => labels.slice(index + 1).join("."));
  return [host, hostname, ...parents];
}

function nearest(name: string, known: string[]): string {
  const [site, flow] = name.split("/");
  const near = known.filter(
    (other) => other.startsWith(`${site}/`) || (flow !== undefined && other.endsWith(`/${flow}`)),
  );
  return near.length === 0 ? "" : `; did you mean ${near.slice(0, 3).join(", ")}`;
}
