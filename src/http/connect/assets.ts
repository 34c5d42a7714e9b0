import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file the page needs, as it is served. */
interface Asset {
  contentType: string;
  body: string;
}

const read = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");
const script = "text/javascript; charset=utf-8";
const files = {
  style: { contentType: "text/css; charset=utf-8", body: read("style.css") },
  script: { contentType: script, body: read("page.js") },
} satisfies Record<string, Asset>;

/** The name changes with the content: browsers keep a file for good. */
const pathOf = ({ body }: Asset, ending: string) =>
  `/connect/assets/${createHash("sha256").update(body).digest("hex").slice(0, 16)}.${ending}`;

export const assetPaths = { style: pathOf(files.style, "css"), script: pathOf(files.script, "js") };

/** By path. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  [assetPaths.style, files.style],
  [assetPaths.script, files.script],
]);

/** What other people's pages load: it keeps its name, and so is kept for an hour only. */
export const embedScript: Asset = { contentType: script, body: read("connect.js") };
