import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PracticeSite, startPracticeSite } from "../../../practice/site.ts";
import { createCliContext } from "../../../src/cli/context.ts";
import { recordFlow } from "../../../src/cli/flows/record.ts";
import { latchkey } from "../../support/cli.ts";
import { type FlowsFolder, makeFlowsFolder } from "../../support/flows-folder.ts";
import { addPracticeIdentity, openTestParts, type TestParts } from "../../support/parts.ts";
import { hasXvfb, startScreen } from "../../support/screen.ts";

const ben = {
  username: "ben@larch.example",
  password: "oak-rowan-Willow-7",
  totpSecret: "MJSW4LLMMFZGG2BNOBZGCY3UNFRWKLJS",
  secondFactor: false,
};

/** The recorder waits so long for a second click before it tells of the first, in milliseconds. */
const doubleClickMs = 600;

describe.runIf(hasXvfb)("flows record", { timeout: 90_000 }, () => {
  let screen: Awaited<ReturnType<typeof startScreen>>;
  let site: PracticeSite;
  let ground: TestParts;
  let folder: FlowsFolder;
  let environment: Record<string, string>;
  const display = process.env["DISPLAY"];

  beforeAll(async () => {
    screen = await startScreen();
    process.env["DISPLAY"] = screen.display;
    site = await startPracticeSite({ users: [ben] });
    ground = await openTestParts();
    folder = await makeFlowsFolder();
    environment = { ...ground.environment, LATCHKEY_FLOWS_DIR: folder.path, LATCHKEY_LOG_LEVEL: "" };
    await addPracticeIdentity(ground.parts, site.url, ben, { name: "ben" });
  });
  afterAll(async () => {
    if (display === undefined) delete process.env["DISPLAY"];
    else process.env["DISPLAY"] = display;
    await ground[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
    await screen[Symbol.asyncDispose]();
  });

  test("what is clicked in the signed-in window becomes a flow that does it again", async () => {
    const shown = new PassThrough();
    const written: string[] = [];
    shown.on("data", (chunk: Buffer) => written.push(chunk.toString()));
    const stream = shown as unknown as NodeJS.WriteStream;
    const context = createCliContext({
      env: environment,
      stdin: process.stdin,
      stdout: stream,
      stderr: stream,
    });
    await context.use();
    try {
      await recordFlow(context, {
        name: "larch/statement",
        identity: "ben",
        async untilShown({ page }) {
          await page.getByRole("link", { name: "Statements" }).first().click();
          await page.getByRole("heading", { name: "Statements" }).waitFor();
          await sleep(doubleClickMs);
          // A field that the site shows to whoever is to confirm who they are.
          await page.evaluate(() => {
            document.body.insertAdjacentHTML(
              "beforeend",
              '<label>Pin <input type="password"></label><label>Note <input></label>',
            );
          });
          await page.getByLabel("Pin").click();
          await page.keyboard.type("never-write-this");
          await page.getByLabel("Note").click();
          await page.keyboard.type(ben.password);
          const downloaded = page.waitForEvent("download");
          const march = page.getByRole("row").filter({ has: page.locator('time[datetime="2026-03"]') });
          await Promise.all([downloaded, march.getByRole("link", { name: "PDF" }).click()]);
          await sleep(doubleClickMs);
        },
      });
    } finally {
      await context.close();
      // The command's, not this test run's.
      process.exitCode = undefined;
    }
    const said = written.join("");
    expect(said).toContain("the flow larch/statement");
    const source = await readFile(join(folder.path, "larch/statement.ts"), "utf8");
    expect(said, source).toMatch(/● click Statements\n[^]*● fill Pin\n[^]*the flow larch\/statement/);
    for (const secret of ["never-write-this", ben.password, ben.username])
      expect(said + source).not.toContain(secret);
    expect(source).toMatch(/await step\("click \\"Statements\\"", \(\) =>\s/);
    expect(source.match(/\/\/ Left out: fill/g)).toHaveLength(2);
    expect(source).toMatch(/files\.download\(page, page\.get/);

    const again = await latchkey(["run", "larch/statement", "--identity", "ben", "--json"], environment);
    expect(again.code, again.stdout + source).toBe(0);
    expect(again.stdout).toContain("/statements");
    const { runs } = await ground.parts.store();
    const { runId } = JSON.parse(again.stdout) as { runId: string };
    const { artifacts } = await runs.get("default", runId);
    expect(artifacts).toEqual([expect.objectContaining({ kind: "download" })]);

    const over = await latchkey(["flows", "record", "larch/statement", "--identity", "ben"], {
      ...environment,
      DISPLAY: screen.display,
    });
    expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining("already") });
  });
});
