import { defineFlow, z } from "latchkey";

const proofMs = 20_000;

export default defineFlow({
  description: "Tell whether the page the run starts on is a signed-in user's, and never asks for a password",
  input: z.strictObject({ proof: z.string().min(1).describe("A selector that only the signed-in see") }),

  async run({ page, input, step }) {
    const asked: string[] = [];
    const passwords = page.locator("input[type=password]").filter({ visible: true });
    const look = async (when: string) => {
      if ((await passwords.count()) > 0) asked.push(when);
    };
    const startedOn = page.url();
    await look("at the start");
    const proofSeen = await step("look for the proof", () =>
      page
        .locator(input.proof)
        .filter({ visible: true })
        .first()
        .waitFor({ state: "visible", timeout: proofMs })
        .then(
          () => true,
          () => false,
        ),
    );
    await look("at the end");
    return { proofSeen, passwordAsked: asked, startedOn, endedOn: page.url(), title: await page.title() };
  },
});
