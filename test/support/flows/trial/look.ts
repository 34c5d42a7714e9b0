import { defineFlow, z } from "latchkey";

/** What a run of a test needs to know: that the flow got a signed-in page, its input, and its identity. */
export default defineFlow({
  description: "Tell what the page shows",
  input: z.object({ word: z.string() }).prefault({ word: "none" }),
  output: z.object({ heading: z.string(), word: z.string(), identity: z.string() }),
  async run({ page, input, identity, step }) {
    const heading = await step("read the heading", () => page.getByRole("heading").first().innerText());
    return { heading, word: input.word, identity: identity.name };
  },
});
