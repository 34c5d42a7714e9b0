import { defineFlow, z } from "latchkey";

/** Goes on to a page that only a signed-in user sees; the test ends the session before. */
export default defineFlow({
  description: "Visit the statements",
  input: z.object({}).prefault({}),
  restartable: false,
  async run({ page, identity, step }) {
    await step("open the statements", async () => {
      await page.goto(new URL("/statements", identity.sourceUrl).href);
      await page.getByRole("heading", { name: "Statements" }).waitFor({ timeout: 1_500 });
    });
    return "seen";
  },
});
