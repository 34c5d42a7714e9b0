import { defineFlow, z } from "latchkey";

/** Waits in a page until somebody has made its title another. */
export default defineFlow({
  description: "Wait for a person",
  input: z.object({ url: z.string(), until: z.string() }),
  async run({ page, input }) {
    await page.goto(input.url);
    await page.waitForFunction((title) => document.title === title, input.until);
    return { title: await page.title() };
  },
});
