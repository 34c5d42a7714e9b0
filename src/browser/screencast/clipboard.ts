import type { PageConnection } from "./connection.ts";
import { insertText } from "./dispatch-input.ts";
import { elementInFocus } from "./find-element.ts";
import { announcePaste, selectedText } from "./page-scripts.ts";

/**
 * Pastes a text where the keys go. The page is told of it first, as of any paste: forms that take a code apart listen
 * for that. The clipboard of the browser's machine is not touched.
 * @throws Error when the page has gone
 */
export async function paste(page: PageConnection, text: string): Promise<void> {
  const element = await elementInFocus(page);
  const dealtWith = await element?.call(announcePaste, text);
  element?.release();
  if (dealtWith !== true) await insertText(page, text);
}

/** What is selected where the keys go; empty for nothing, and for passwords. @throws Error when the page has gone */
export async function readSelection(page: PageConnection): Promise<string> {
  const element = await elementInFocus(page);
  const text = await element?.call(selectedText);
  element?.release();
  return text ?? "";
}
