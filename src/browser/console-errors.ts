import type { ConsoleMessage, Page } from "playwright-core";

const kept = 20;
const longest = 500;

/**
 * Keeps the last errors a page writes to its console, uncaught exceptions among them. Raw: scrub before keeping.
 * Call the result for what there is so far, oldest first.
 */
export function watchConsole(page: Page): () => string[] {
  const errors: string[] = [];
  const add = (text: string) => {
    errors.push(text.length > longest ? `${text.slice(0, longest)}…` : text);
    if (errors.length > kept) errors.shift();
  };
  page.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error") add(message.text());
  });
  page.on("pageerror", (error) => add(`${error.name}: ${error.message}`));
  return () => [...errors];
}
