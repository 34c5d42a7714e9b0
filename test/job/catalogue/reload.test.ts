import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFlowsFolder } from "../../support/flows-folder.ts";
import { startProgram } from "../../support/program.ts";

const flow = (description: string, imports = "") =>
  `import { defineFlow } from "latchkey";\n${imports}\nexport default defineFlow({ description: ${description}, run: async () => null });\n`;

// In a process of its own: a test runner has module hooks of its own.
const reloads = new URL("../../support/reload-flows.ts", import.meta.url);

test("what was saved is read anew, also where others import it, and what was not stays as it was", {
  timeout: 60_000,
}, async () => {
  await using folder = await makeFlowsFolder({
    "acme/a.ts": flow("text", 'import { text } from "./_lib/one.ts";'),
    "acme/_lib/one.ts": 'export { text } from "./two.ts";\n',
    "acme/_lib/two.ts": 'export const text = "first";\n',
    "acme/b.ts": flow("String(Math.random())"),
  });
  await using program = startProgram(reloads, { args: [folder.path], env: { NODE_OPTIONS: "--expose-gc" } });
  const load = async (...changed: string[]) => {
    program.say(JSON.stringify(changed.map((name) => join(folder.path, name))));
    return JSON.parse(await program.line()) as Record<string, string>;
  };
  const first = await load();
  expect(first["acme/a"]).toBe("first");

  await folder.write("acme/_lib/two.ts", 'export const text = "second";\n');
  const second = await load("acme/_lib/two.ts");
  expect(second).toEqual({ ...first, "acme/a": "second" });

  await folder.write("acme/a.ts", "export default {\n  a: 1,\n  b: = 2,\n};\n");
  expect((await load("acme/a.ts"))["fault"]).toMatch(/a\.ts:3: could not be loaded: /);
  await folder.write("acme/a.ts", flow("text", 'import { text } from "./_missing.ts";'));
  expect((await load("acme/a.ts"))["fault"]).toMatch(
    /a\.ts: could not be loaded: Cannot find module '\S+_missing\.ts'/,
  );
  await folder.write("acme/_missing.ts", 'export const text = "found";\n');
  expect((await load("acme/_missing.ts"))["acme/a"]).toBe("found");
  await folder.write("acme/a.ts", "const a = 1;\nconst a = 2;\n");
  expect((await load("acme/a.ts"))["fault"]).toMatch(
    /a\.ts:2: could not be loaded: Identifier 'a' has already/,
  );

  await folder.write("acme/a.ts", flow('"again"'));
  await load("acme/a.ts");
  program.say("100");
  const grownKb = Number(await program.line());
  expect(grownKb).toBeLessThan(4_000);
});
