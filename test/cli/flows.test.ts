import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { latchkey } from "../support/cli.ts";

// Without a database: listing flows needs none.
const environment = {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/nowhere",
  LATCHKEY_FLOWS_DIR: resolve("test/support/flows"),
};

test("flows lists what can be run, one flow's schemas, and all of it as JSON", async () => {
  const [list, one, all, single] = await Promise.all([
    latchkey(["flows"], environment),
    latchkey(["flows", "trial/look"], environment),
    latchkey(["flows", "--json"], environment),
    latchkey(["flows", "trial/look", "--json"], environment),
  ]);
  expect([list, one, all, single].map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    Array.from({ length: 4 }, () => ({ code: 0, stderr: "" })),
  );
  expect(list.stdout).toMatch(
    /^FLOW +WHAT IT DOES\n[^]*^latchkey\/validate +Sign in [^\n]+\n[^]*^trial\/look +Tell what the page shows$/m,
  );
  expect(one.stdout).toMatch(
    /^trial\/look {2}Tell what the page shows\n\nInput:\n\{[^]*"word"[^]*\}\n\nOutput:\n\{[^]*"heading"/,
  );
  const flows = JSON.parse(all.stdout) as { name: string }[];
  expect(flows.map(({ name }) => name)).toContain("trial/misbehave");
  const look: unknown = JSON.parse(single.stdout);
  expect(flows).toContainEqual(look);
  expect(look).toEqual({
    name: "trial/look",
    description: "Tell what the page shows",
    input: expect.objectContaining({ type: "object" }),
    output: expect.objectContaining({ required: ["heading", "word", "identity"] }),
  });
});

test("a flow that is none is said to be, with what comes near; faulty files are all listed with their reasons", async () => {
  const none = await latchkey(["flows", "trial/looks"], environment);
  expect(none).toMatchObject({ code: 1, stdout: "" });
  expect(none.stderr).toMatch(
    /^✗ unknown_flow: There is no flow "trial\/looks"; did you mean trial\/.*\n {2}List the flows/,
  );

  // Inside the checkout, from where `latchkey` can be imported.
  const folder = await mkdtemp(resolve("test/cli/flows-"));
  try {
    await mkdir(join(folder, "acme"));
    await writeFile(join(folder, "acme/empty.ts"), "export const nothing = 1;\n");
    await writeFile(join(folder, "acme/broken.ts"), "export default {{{\n");
    const faulty = await latchkey(["flows"], { ...environment, LATCHKEY_FLOWS_DIR: folder });
    expect(faulty).toMatchObject({ code: 1, stdout: "" });
    expect(faulty.stderr).toMatch(
      /^✗ invalid_config: The flows folder is not usable\.\n {2}\S+acme\/broken\.ts:1: could not be loaded: .+\n {2}\S+acme\/empty\.ts: .+\n/,
    );
    expect(faulty.stderr).not.toMatch(/^ {4}at /m);
  } finally {
    await rm(folder, { recursive: true });
  }
});
