import { defineFlow } from "latchkey";

/** Awaits nothing of what it starts, and what it starts fails at once. */
export default defineFlow({
  description: "Leave a promise behind that is rejected",
  async run({ page }) {
    void page.evaluate(() => Promise.reject(new Error("nobody waits for this")));
    await page.waitForTimeout(200);
    return "done";
  },
});
