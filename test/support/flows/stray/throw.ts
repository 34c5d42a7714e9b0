import { defineFlow } from "latchkey";

/** Throws where no promise can carry the error. */
export default defineFlow({
  description: "Throw from a timer",
  async run({ page }) {
    setTimeout(() => {
      throw new Error("nobody catches this");
    }, 50);
    await page.waitForTimeout(10_000);
  },
});
