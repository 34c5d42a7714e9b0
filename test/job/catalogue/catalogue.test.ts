import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadCatalogue } from "../../../src/job/catalogue/catalogue.ts";

const latchkey = pathToFileURL(resolve("src/index.ts")).href;
const flow = `import { defineFlow } from "${latchkey}"; export default defineFlow({ description: "x", async run() {} });`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-catalogue-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function faults(): Promise<string> {
  return loadCatalogue(folder).then(
    () => "",
    (error: Error) => error.message,
  );
}

test("the flows of this repository load", async () => {
  const catalogue = await loadCatalogue(resolve("flows"));
  expect([...catalogue.flows.keys()]).toEqual(
    expect.arrayContaining([
      "latchkey/validate",
      "practice/statements",
      "redmine/issues",
      "web/capture",
      "wordpress/publish-post",
    ]),
  );
});

test("a flow is named by its folder and file; tests and hidden files are no flows", async () => {
  await write({
    "acme/invoice.ts": flow,
    "acme/invoice.test.ts": "throw new Error('loaded')",
    ".git/x.ts": "throw 1",
    "acme/notes.md": "",
  });
  const catalogue = await loadCatalogue(folder);
  expect([...catalogue.flows.keys()]).toEqual(["acme/invoice", "latchkey/check-health", "latchkey/validate"]);
});

test("two flows of one name are refused with both files", async () => {
  await write({ "acme/invoice.ts": flow, "acme/invoice.mjs": flow });
  expect(await faults()).toMatch(/invoice\.ts: the flow acme\/invoice is already made by .*invoice\.mjs/);
});

test("every faulty file is named with its reason, all at once", async () => {
  await write({
    "acme/nothing.ts": "export const x = 1;",
    "acme/broken.ts": "export default {",
    "acme/throws.ts": "throw new Error('boom at import');",
    "acme/silent.ts": `import { defineFlow } from "${latchkey}"; export default defineFlow({ description: " ", async run() {} });`,
    "acme/schema.ts": `import { defineFlow } from "${latchkey}"; export default defineFlow({ description: "x", input: { type: "object" }, async run() {} });`,
    "acme/deadline.ts": `import { defineFlow } from "${latchkey}"; export default defineFlow({ description: "x", deadlineMs: 0, async run() {} });`,
    "acme/Bad Name.ts": flow,
    "acme/site.ts": `import { defineSite } from "${latchkey}"; export default defineSite({ hosts: [] });`,
  });
  const text = await faults();
  expect(text).toContain("nothing.ts: does not export a flow as default");
  expect(text).toContain("broken.ts: could not be loaded");
  expect(text).toContain("throws.ts: could not be loaded: boom at import");
  expect(text).toContain("silent.ts: the flow has no description");
  expect(text).toContain("schema.ts: its input schema is no Standard Schema");
  expect(text).toContain("deadline.ts: deadlineMs");
  expect(text).toContain("Bad Name.ts: names of folders and files");
  expect(text).toContain("site.ts: the site names no hosts");
});

test("a site speaks for its hosts, the most exact first, and two sites may not share one", async () => {
  const site = (hosts: string[], sessions: number) =>
    `import { defineSite } from "${latchkey}"; export default defineSite({ hosts: ${JSON.stringify(hosts)}, sessionsPerIdentity: ${sessions} });`;
  await write({
    "a/site.ts": site(["example.com"], 1),
    "b/site.ts": site(["app.example.com", "localhost:8080"], 2),
  });
  const catalogue = await loadCatalogue(folder);
  expect(catalogue.siteFor("https://www.example.com/x")?.sessionsPerIdentity).toBe(1);
  expect(catalogue.siteFor("https://eu.app.example.com/x")?.sessionsPerIdentity).toBe(2);
  expect(catalogue.siteFor("http://localhost:8080/")?.sessionsPerIdentity).toBe(2);
  expect(catalogue.siteFor("http://localhost:8081/")).toBeUndefined();
  expect(catalogue.siteFor("https://example.org/")).toBeUndefined();

  await write({ "c/site.ts": site(["example.com"], 3) });
  expect(await faults()).toMatch(/the host example\.com is already spoken for by .*a\/site\.ts/);
});

test("an unknown flow is refused with what comes near", async () => {
  await write({ "acme/invoice.ts": flow });
  const catalogue = await loadCatalogue(folder);
  expect(() => catalogue.flow("acme/invoices")).toThrowError(
    expect.objectContaining({ code: "unknown_flow", message: expect.stringContaining("acme/invoice") }),
  );
});

test("a folder that cannot be read is a setting to correct", async () => {
  await expect(loadCatalogue(join(folder, "gone"))).rejects.toMatchObject({ code: "invalid_config" });
});
