import { PDFDocument } from "pdf-lib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import downloadStatement from "../../flows/practice/download-statement.ts";
import statements from "../../flows/practice/statements.ts";
import { type PracticeSite, startPracticeSite } from "../../practice/site.ts";
import { statementsOf } from "../../practice/statements.ts";
import type { Session } from "../../src/browser/session.ts";
import { type FlowRunner, startFlowRunner } from "../support/flow-runner.ts";
import { signInByHand } from "../support/practice-login.ts";

let site: PracticeSite;
let runner: FlowRunner;
let session: Session;

beforeAll(async () => {
  site = await startPracticeSite();
  runner = await startFlowRunner();
});
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  await site.close();
});
beforeEach(async () => {
  site.reset();
  session = await runner.open();
  session.page.setDefaultTimeout(10_000);
  await signInByHand(session.page, site);
});
afterEach(() => session.close());

const options = (input?: unknown) => ({ session, sourceUrl: `${site.url}/`, input });

describe("practice/statements", { timeout: 30_000 }, () => {
  test("lists what the site knows", async () => {
    const listed = await runner.run(statements, options());
    expect(listed.statements).toEqual(
      statementsOf(site.users[0].username).map(({ month, number, cents, paid }) => ({
        month,
        number,
        amount: cents / 100,
        paid,
      })),
    );
  });

  test("lists from a month on, and nothing from one that is still to come", async () => {
    const recent = await runner.run(statements, options({ from: "2026-08" }));
    expect(recent.statements.map(({ month }) => month)).toEqual(["2026-10", "2026-09", "2026-08"]);
    expect(await runner.run(statements, options({ from: "2099-01" }))).toEqual({ statements: [] });
  });

  test.each([{ from: "August" }, { form: "2026-08" }])("refuses the input %j", async (input) => {
    await expect(runner.run(statements, options(input))).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("fails when the session has lapsed, rather than list nothing", async () => {
    site.expireSessions();
    await expect(runner.run(statements, options())).rejects.toThrow("Timeout");
  });
});

describe("practice/download-statement", { timeout: 30_000 }, () => {
  test("stores the month's PDF", async () => {
    const { statement } = await runner.run(downloadStatement, options({ month: "2026-03" }));
    expect(statement).toMatchObject({
      name: "larch-statement-2026-03.pdf",
      contentType: "application/pdf",
    });
    const content = await runner.stored(statement.name);
    expect(content.byteLength).toBe(statement.bytes);
    const pdf = await PDFDocument.load(content);
    expect(pdf.getTitle()).toMatch(/^Statement LE-202603-/);
  });

  test("fails on a month without a statement", async () => {
    await expect(runner.run(downloadStatement, options({ month: "1999-12" }))).rejects.toMatchObject({
      code: "invalid_input",
      message: "There is no statement for 1999-12.",
    });
  });
});
