import { defineFlow, type Page, z } from "latchkey";

const longestText = 20_000;
const settleMs = 5_000;

export default defineFlow({
  description: "Open a page as the identity and keep its text and a screenshot",
  input: z
    .strictObject({
      // Any site: the browser sends the identity's cookies to the domains that set them and to no other. Only web
      // pages, though: file: and chrome: URLs would show the worker's machine.
      url: z
        .url({ protocol: /^https?$/, error: "an http:// or https:// URL" })
        .optional()
        .describe(
          "Page to open; unless given, the page the run starts on: the identity's source page, or where its login led",
        ),
      fullPage: z.boolean().default(true).describe("Screenshot of the whole page, not only its first screen"),
    })
    .prefault({}),
  // It only reads.
  restartable: true,

  async run({ page, input, step, files }) {
    const response = await step("open the page", () => page.goto(input.url ?? page.url()));
    // Much of today's web fills its pages in after loading. One that never falls silent is taken as it stands.
    await step("let it settle", () =>
      page.waitForLoadState("networkidle", { timeout: settleMs }).catch(() => undefined),
    );

    const text = await step("read its text", () => mainText(page));
    const screenshot = await step("take a screenshot", () =>
      files.screenshot(page, { name: "page.png", fullPage: input.fullPage }),
    );
    return {
      url: page.url(),
      status: response?.status(),
      title: await page.title(),
      text: text.slice(0, longestText),
      truncated: text.length > longestText,
      screenshot,
    };
  },
});

/** What the page marks as its main content, else its articles, else all of it. */
async function mainText(page: Page): Promise<string> {
  const main = page.locator("main, [role=main]").filter({ visible: true });
  const articles = page.locator("article:not(article article)").filter({ visible: true });
  for (const content of [main, articles, page.locator("body")]) {
    const text = (await content.allInnerTexts()).join("\n\n").trim();
    if (text !== "") return text;
  }
  return "";
}
