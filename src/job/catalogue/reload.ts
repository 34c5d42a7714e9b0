import { realpathSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Catalogue, loadCatalogue } from "./catalogue.ts";

/** Loads a flows folder again and again: what was saved since is read anew, and all else stays as it is. */
export interface Reloader extends Disposable {
  /** The folder, links followed: paths of files are told and asked for below it. */
  readonly folder: string;
  /** @throws Failure `invalid_config`, as `loadCatalogue` does */
  load(): Promise<Catalogue>;
  /** These files were saved, made or removed. */
  changed(paths: Iterable<string>): void;
  /** Whether a file is one of a flow's: the flow's own, a site's, or one that they import on whatever way. */
  concerns(path: string, flow: string): boolean;
}

/**
 * Node keeps every module it has loaded under its address, and a query string on a flow's own would not reach what the
 * flow imports. So a hook of Node's gives each file of the folder an address with its version, which goes up with the
 * file and with all that import it. Versions before stay in memory: some kilobytes for each save.
 */
export function createReloader(folder: string): Reloader {
  const root = realpathSync(folder);
  const prefix = `${pathToFileURL(root).href}/`;
  const versions = new Map<string, number>();
  const importers = new Map<string, Set<string>>();
  let failed = false;

  const ownFile = (url: string | undefined): string | undefined => {
    if (url === undefined || !url.startsWith(prefix) || url.includes("/node_modules/")) return undefined;
    return fileURLToPath(url.replace(/[?#].*$/, ""));
  };

  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const file = ownFile(resolved.url);
      if (file === undefined) return resolved;
      const importer = ownFile(context.parentURL);
      if (importer !== undefined) importersOf(file).add(importer);
      const version = versions.get(file) ?? 0;
      versions.set(file, version);
      return version === 0 ? resolved : { ...resolved, url: `${pathToFileURL(file).href}?v=${version}` };
    },
  });

  function importersOf(file: string): Set<string> {
    const known = importers.get(file) ?? new Set();
    importers.set(file, known);
    return known;
  }

  /** The files and all that import them, on whatever way. */
  function withImporters(files: Iterable<string>): Set<string> {
    const reached = new Set(files);
    // A set's loop also comes to what is added on the way.
    for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
    return reached;
  }

  return {
    folder: root,
    async load() {
      // What could not be loaded may have failed for a file that was not there to be known of.
      if (failed) for (const [file, version] of versions) versions.set(file, version + 1);
      failed = true;
      const catalogue = await loadCatalogue(root);
      failed = false;
      return catalogue;
    },
    changed(paths) {
      for (const file of withImporters(paths)) {
        const version = versions.get(file);
        if (version !== undefined) versions.set(file, version + 1);
      }
    },
    concerns(path, flow) {
      const entries = [join(root, flow), `${sep}site`].map(
        (entry) => new RegExp(`${RegExp.escape(entry)}\\.[cm]?[jt]s$`),
      );
      return [...withImporters([path])].some((file) => entries.some((entry) => entry.test(file)));
    },
    [Symbol.dispose]: () => hooks.deregister(),
  };
}
