import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeSettings } from "../../scripts/docs/describe-setting.ts";
import { stalePages } from "../../scripts/docs/pages.ts";
import { settingsPage } from "../../scripts/docs/settings.ts";

const root = join(import.meta.dirname, "../..");

test("the generated docs are as the code says", async () => {
  expect((await stalePages(root)).map(({ path }) => path)).toEqual([]);
});

test("a generated page that was changed by hand, or is missing, is found and mended", async () => {
  const copy = await mkdtemp(join(tmpdir(), "latchkey-docs-"));
  try {
    await mkdir(join(copy, "docs"));
    await cp(join(root, "docs/jobs.md"), join(copy, "docs/jobs.md"));
    await cp(join(root, "docs/operations.md"), join(copy, "docs/operations.md"));
    const settings = settingsPage();
    await writeFile(join(copy, "docs/settings.md"), settings.replace("DATABASE_URL", "DATABASE"));
    const stale = await stalePages(copy);
    expect(stale.map(({ path }) => path)).toEqual(["docs/settings.md", ".env.example"]);
    expect(stale[0]?.wanted).toBe(settings);
  } finally {
    await rm(copy, { recursive: true });
  }
});

test("every variable the docs, the image and the compose file name is a setting", async () => {
  const known = new Set(describeSettings().map(({ env }) => env));
  const files = [
    "Dockerfile",
    "compose.yaml",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/failures.md",
    "docs/flows.md",
    "docs/jobs.md",
    "docs/webhooks.md",
    "docs/operations.md",
    "README.md",
    "docs/architecture.md",
  ];
  const named = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, file), "utf8").catch(() => "");
      return [...text.matchAll(/\bLATCHKEY_[A-Z_]*[A-Z]\b/g)].map(([variable]) => ({ file, variable }));
    }),
  );
  expect(named.flat().length).toBeGreaterThan(20);
  expect(named.flat().filter(({ variable }) => !known.has(variable))).toEqual([]);
});

test("settings that hold secrets are marked as such", () => {
  const secrets = describeSettings().filter(({ secret }) => secret);
  expect(secrets.map(({ env }) => env)).toEqual(
    expect.arrayContaining(["DATABASE_URL", "LATCHKEY_MASTER_KEY", "LATCHKEY_PREVIOUS_MASTER_KEYS"]),
  );
  expect(describeSettings().find(({ env }) => env === "LATCHKEY_PORT")?.secret).toBe(false);
});

test("the image runs the major version of Node that the tests run on", async () => {
  const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
  const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    devDependencies: { node: string };
  };
  const major = /\d+/.exec(devDependencies.node)?.[0];
  expect(dockerfile).toMatch(new RegExp(`^FROM node:${major}-`, "m"));
});
