import { defineFlow, z } from "latchkey";

export default defineFlow({
  description: "List the statements, newest first",
  input: z
    .strictObject({
      from: z
        .string()
        .regex(/^\d{4}-\d{2}$/, "a month as 2026-03")
        .optional()
        .describe("Oldest month to list, as 2026-03; all unless given"),
    })
    .prefault({}),
  output: z.object({
    statements: z.array(
      z.object({
        month: z.string(),
        number: z.string(),
        amount: z.number().describe("In euros"),
        paid: z.boolean(),
      }),
    ),
  }),
  // It only reads.
  restartable: true,

  async run({ page, input, identity, step }) {
    await step("open the statements", async () => {
      await page.goto(new URL("/statements", identity.sourceUrl).href);
      // Were this the login page, an empty list would be a wrong answer: wait for what only the right page has.
      await page.getByRole("heading", { name: "Statements" }).waitFor({ timeout: 5_000 });
    });

    const rows = await step("read the table", () =>
      page.locator("tbody tr").evaluateAll((rows) =>
        rows.map((row) => ({
          month: row.querySelector("time")?.dateTime ?? "",
          cells: [...row.children].map((cell) => cell.textContent.trim()),
        })),
      ),
    );

    const statements = rows.map(({ month, cells: [, number = "", , amount = "", status] }) => ({
      month,
      number,
      amount: Number(amount.replace(/[€,]/g, "")),
      paid: status === "Paid",
    }));
    return { statements: statements.filter(({ month }) => month >= (input.from ?? "")) };
  },
});
