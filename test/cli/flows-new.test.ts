import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { latchkey } from "../support/cli.ts";
import { makeFlowsFolder } from "../support/flows-folder.ts";

const noDatabase = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nowhere" };

test("flows new writes a flow, its test and its site, which pass at once; nothing is ever written over", {
  timeout: 60_000,
}, async () => {
  await using folder = await makeFlowsFolder();
  const environment = { ...noDatabase, LATCHKEY_FLOWS_DIR: folder.path };
  const url = "https://app.acme.example/invoices?open=1";
  const made = await latchkey(["flows", "new", "acme/invoice", "--url", url], environment);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toContain("npx latchkey flows test acme/invoice");
  const names = async () => (await readdir(join(folder.path, "acme"))).toSorted();
  expect(await names()).toEqual(["invoice.test.ts", "invoice.ts", "site.ts"]);

  const again = await latchkey(["flows", "new", "acme/invoice", "--url", url], environment);
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toContain("There is a flow acme/invoice already");
  const site = await readFile(join(folder.path, "acme/site.ts"), "utf8");
  const second = await latchkey(
    ["flows", "new", "acme/orders", "--url", "https://other.example"],
    environment,
  );
  expect(second.code).toBe(0);
  expect(second.stdout).not.toContain("site.ts");
  expect(await readFile(join(folder.path, "acme/site.ts"), "utf8")).toBe(site);
  const shop = await latchkey(
    ["flows", "new", "shop/carts", "--url", "https://app.acme.example"],
    environment,
  );
  expect(shop.stdout).not.toContain("site.ts");

  const tested = await latchkey(["flows", "test"], environment);
  expect(tested.code, tested.stdout).toBe(0);
  expect(tested.stdout).toMatch(/pass 3\n/);
  const listed = await latchkey(["flows"], environment);
  expect(listed.stdout).toMatch(/^acme\/invoice .*\nacme\/orders .*\n[^]*^shop\/carts /m);
});

test.each([
  ["Acme/invoice", "https://acme.example"],
  ["acme", "https://acme.example"],
  ["acme/site", "https://acme.example"],
  ["../acme/x", "https://acme.example"],
  ["acme/invoice", "ftp://acme.example"],
  ["acme/invoice", "https://me:secret@acme.example"],
])("flows new refuses %s at %s, and writes nothing", async (name, url) => {
  await using folder = await makeFlowsFolder();
  const environment = { ...noDatabase, LATCHKEY_FLOWS_DIR: folder.path };
  const { code, stderr } = await latchkey(["flows", "new", name, "--url", url], environment);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^✗ /);
  expect(stderr).not.toContain("secret");
  expect(await readdir(folder.path)).toEqual(["node_modules"]);
});

test("flows test runs the bundled flows' tests, and fails with one that fails", {
  timeout: 60_000,
}, async () => {
  const bundled = await latchkey(["flows", "test", "practice/statements"], noDatabase);
  expect(bundled.code, bundled.stdout).toBe(0);
  expect(bundled.stdout).toMatch(/✔ lists from a month on/);

  await using folder = await makeFlowsFolder({
    "acme/x.test.ts":
      'import { test } from "node:test";\ntest("breaks", () => {\n  throw new Error("no");\n});\n',
  });
  const environment = { ...noDatabase, LATCHKEY_FLOWS_DIR: folder.path };
  const failed = await latchkey(["flows", "test", "acme/x"], environment);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/✖ breaks/);
  const none = await latchkey(["flows", "test", "acme/y"], environment);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no test of") });
});
