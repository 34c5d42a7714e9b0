import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type FlowTester, openFlowTester } from "latchkey/testing";
import statements from "./statements.ts";

const row = (month: string, number: string, amount: string, status: string) =>
  `<tr><td><time datetime="${month}">${month}</time></td><td>${number}</td><td></td><td>${amount}</td><td>${status}</td></tr>`;

const site = {
  "/": "<h1>Welcome back</h1>",
  "/statements": `<h1>Statements</h1><table><tbody>
    ${row("2026-10", "LE-2", "€1,042.50", "Due")}
    ${row("2026-09", "LE-1", "€38.00", "Paid")}
  </tbody></table>`,
};

let tester: FlowTester;
before(async () => {
  tester = await openFlowTester();
});
after(() => tester[Symbol.asyncDispose]());

test("reads months, numbers, amounts and what is paid", async () => {
  const { outcome, steps } = await tester.testFlow(statements, { site });
  assert.deepEqual(outcome, {
    status: "succeeded",
    result: {
      statements: [
        { month: "2026-10", number: "LE-2", amount: 1042.5, paid: false },
        { month: "2026-09", number: "LE-1", amount: 38, paid: true },
      ],
    },
  });
  assert.deepEqual(
    steps.map(({ name }) => name),
    ["open the statements", "read the table"],
  );
});

test("lists from a month on", async () => {
  const { outcome } = await tester.testFlow(statements, { site, input: { from: "2026-10" } });
  assert.equal(outcome.status === "succeeded" && outcome.result.statements.length, 1);
});

test("refuses an input that is no month", async () => {
  const { outcome, requests } = await tester.testFlow(statements, { site, input: { from: "October" } });
  assert.equal(outcome.status === "failed" && outcome.code, "invalid_input");
  assert.deepEqual(requests, []);
});
