import { defineFlow, Failure, z } from "latchkey";

export default defineFlow({
  description: "Download one month's statement as a PDF",
  input: z.strictObject({
    month: z
      .string()
      .regex(/^\d{4}-\d{2}$/, "a month as 2026-03")
      .describe("As 2026-03"),
  }),
  // It only reads.
  restartable: true,

  async run({ page, input, identity, step, files }) {
    await step("open the statements", async () => {
      await page.goto(new URL("/statements", identity.sourceUrl).href);
      await page.getByRole("heading", { name: "Statements" }).waitFor({ timeout: 5_000 });
    });

    // By the month's machine-readable name: "March 2026" is also part of "3 March 2026", when February's was issued.
    const row = page.getByRole("row").filter({ has: page.locator(`time[datetime="${input.month}"]`) });
    if ((await row.count()) === 0) {
      throw new Failure("invalid_input", `There is no statement for ${input.month}.`);
    }

    const statement = await step("download the PDF", () =>
      files.download(page, row.getByRole("link", { name: "PDF" })),
    );
    return { statement };
  },
});
