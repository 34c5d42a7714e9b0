import { defineFlow, z } from "latchkey";

/** What the bare script does too, on the page the identity starts on: nothing of the time is this flow's own. */
export default defineFlow({
  description: "Count the statements on the page",
  output: z.number(),
  restartable: true,
  async run({ page, step }) {
    return step("read", () => page.locator("tbody tr").count());
  },
});
