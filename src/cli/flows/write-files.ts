import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { Failure } from "../../failure.ts";
import { sourceName } from "../../job/catalogue/catalogue.ts";

/** A flow's place in the flows folder. */
export interface FlowPlace {
  /** `acme/invoice`. */
  name: string;
  /** `<flows folder>/acme`. */
  folder: string;
  /** `invoice`. */
  base: string;
}

/** @throws Failure `invalid_argument` where the name is none, or its flow is there already */
export async function placeFor(name: string, flowsDir: string): Promise<FlowPlace> {
  const [site = "", base = "", ...more] = name.split("/");
  if (more.length > 0 || !sourceName.test(site) || !sourceName.test(base) || base === "site") {
    throw new Failure(
      "invalid_argument",
      `"${name}" cannot be a flow's name: it is <site>/<flow>, as acme/invoice, of lower-case letters, digits and dashes; "site" is the site's own file.`,
    );
  }
  const folder = join(flowsDir, site);
  if (await existing(folder, base))
    throw new Failure("invalid_argument", `There is a flow ${name} already; nothing was written.`);
  return { name, folder, base };
}

/** The source file of that name in the folder, with whatever ending. */
export async function existing(folder: string, base: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  return names.find((file) => basename(file, extname(file)) === base && /\.[cm]?[jt]s$/.test(file));
}

/** Writes a file that is not there yet, and the folders above it. @throws Failure `invalid_argument` where it is */
export async function writeNew(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, content, { flag: "wx" });
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw new Failure("invalid_argument", `${path} ${isThere ? "is there already" : "cannot be written"}.`, {
      cause: error,
    });
  }
}

/** Whether flows in the folder can import `latchkey`. */
export function findsLatchkey(folder: string): boolean {
  try {
    createRequire(join(folder, "flow.js")).resolve("latchkey");
    return true;
  } catch {
    return false;
  }
}
