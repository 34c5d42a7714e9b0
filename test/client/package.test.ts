import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);

// A backend's own project, with Latchkey as npm would install it.
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "latchkey-backend-"));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project]);
  // npm 11 answers with a list, npm 12 with an object by name.
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string }>);
  const installed = join(project, "node_modules/latchkey");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", join(project, packed?.filename ?? ""), "-C", installed, "--strip-components=1"]);
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
});
afterAll(() => rm(project, { recursive: true }));

test("the packed client runs as JavaScript, with nothing of Latchkey's but itself", async () => {
  await writeFile(
    join(project, "backend.js"),
    `import { createClient, LatchkeyError } from "latchkey/client";
     const latchkey = createClient({ url: "http://127.0.0.1:1", apiKey: "lk_none" });
     await latchkey.cancel("x").catch((error) => console.log(error instanceof LatchkeyError, error.code));`,
  );
  const { stdout } = await run(process.execPath, ["backend.js"], { cwd: project });
  expect(stdout).toBe("true unreachable\n");
});

test("its types hold in a project with settings of its own", async () => {
  await writeFile(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { strict: true, module: "nodenext", target: "es2022", noEmit: true, types: [] },
      files: ["typed.ts"],
    }),
  );
  await writeFile(
    join(project, "typed.ts"),
    `import { createClient, type EndedRun } from "latchkey/client";
     const latchkey = createClient({ url: "", apiKey: "" });
     const run: EndedRun = await latchkey.run("a/b", { identityId: "me", input: {} });
     if (run.outcome.status === "failed") console.log(run.outcome.code satisfies string, run.outcome.advice);
     // @ts-expect-error what it came to is not known to be a number
     const result: number = run.outcome.status === "succeeded" ? run.outcome.result : 1;
     console.log(result);`,
  );
  const { stdout } = await run(resolve("node_modules/.bin/tsc"), [], { cwd: project }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
});
