import { z } from "zod";
import type { PageConnection } from "./connection.ts";
import type { ActMessage } from "./protocol.ts";

const historySchema = z.object({
  currentIndex: z.number(),
  entries: z.array(z.object({ id: z.number() })),
});

const webProtocols: ReadonlySet<string> = new Set(["http:", "https:"]);

/**
 * Goes back, forward, to the page again, or to an address of the web, the only kind that is allowed: others would show
 * files of the browser's machine.
 * @returns whether the address was one
 * @throws Error when the page has gone
 */
export async function navigate(
  page: PageConnection,
  to: Extract<ActMessage, { type: "go" }>["to"],
): Promise<boolean> {
  if (to === "reload") await page.send("Page.reload");
  else if (to === "back" || to === "forward") await goBy(page, to === "back" ? -1 : 1);
  else {
    const url = addressOf(to.url);
    if (url === undefined) return false;
    await page.send("Page.navigate", { url });
  }
  return true;
}

async function goBy(page: PageConnection, steps: number): Promise<void> {
  const { currentIndex, entries } = historySchema.parse(await page.send("Page.getNavigationHistory"));
  const entry = entries[currentIndex + steps];
  if (entry !== undefined) await page.send("Page.navigateToHistoryEntry", { entryId: entry.id });
}

/** What was typed as an address; `example.com` means its https. */
function addressOf(typed: string): string | undefined {
  const text = typed.trim();
  if (text === "about:blank") return text;
  const full = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  return webProtocols.has(url.protocol) ? url.href : undefined;
}
