import { watch } from "node:fs";
import { basename, join } from "node:path";

/** An editor writes a file in several steps; so long after the last, in milliseconds, it counts as saved. */
const settleMs = 15;

/** Source files, and not what editors keep beside them. */
const sources = /^(?![.#_]?#|\.).*\.(?:[cm]?[jt]s|json)$/;
const tests = /\.(?:test|spec)\.[cm]?[jt]s$/;

/** Tells of the source files saved, made or removed in a folder and those below it, tests left out: paths, and when. */
export function watchFolder(
  folder: string,
  onSaved: (paths: ReadonlySet<string>, at: number) => void,
): Disposable {
  let saved = new Set<string>();
  let at = 0;
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, (_event, name) => {
    if (name === null) return;
    const file = basename(name);
    if (!sources.test(file) || tests.test(file) || name.includes("node_modules")) return;
    if (saved.size === 0) at = performance.now();
    saved.add(join(folder, name));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = saved;
      saved = new Set();
      onSaved(paths, at);
    }, settleMs);
  });
  // A folder that goes away is the next load's to report.
  watcher.on("error", () => {});
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}
