import type { Page } from "playwright-core";
import type { Target } from "./observe.ts";
import { pause } from "./pause.ts";

/** The browser answers input at once; a page that hangs makes it wait. */
const inputTimeoutMs = 5_000;

/**
 * Types into a plain text field as its user would, in two round trips: focus, then text. Playwright's own `fill` takes
 * ten, for it provides for what these fields need not. False, and nothing was done, where that care is needed: a field
 * in a frame, one that is not for text, not seen or not ready, or does not take the focus.
 */
export async function insertInto({
  page,
  target,
  text,
}: {
  page: Page;
  target: Target;
  text: string;
}): Promise<boolean> {
  if (text === "" || target.frame !== page.mainFrame()) return false;
  const focused = await target.look.evaluate(({ elements }, index) => {
    const field = elements[index];
    const plain =
      field instanceof HTMLTextAreaElement ||
      (field instanceof HTMLInputElement && /^(text|password|email|tel|search|url)$/.test(field.type));
    if (!plain || !field.isConnected || field.readOnly || field.matches(":disabled")) return false;
    if (!field.checkVisibility({ visibilityProperty: true })) return false;
    field.focus();
    field.select();
    const root = field.getRootNode();
    return (root instanceof Document || root instanceof ShadowRoot) && root.activeElement === field;
  }, target.index);
  if (!focused) return false;
  if (!(await inTime(page.keyboard.insertText(text)))) throw new Error("the field took no text in time");
  return true;
}

/**
 * Clicks in the middle of what is in view, stands still and has nothing over it. False, and nothing was clicked, when
 * that is not so: Playwright's own `click` scrolls and waits.
 */
export async function clickOn({ page, target }: { page: Page; target: Target }): Promise<boolean> {
  if (target.frame !== page.mainFrame()) return false;
  const point = await target.look.evaluate(async ({ elements }, index) => {
    const element = elements[index];
    if (element === undefined || element.matches(":disabled")) return null;
    const box = () => element.getBoundingClientRect();
    const before = box();
    const painted = await new Promise<boolean>((resolve) => {
      setTimeout(resolve, 100, false);
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)));
    });
    const { x, y, width, height } = box();
    const still =
      painted && before.x === x && before.y === y && before.width === width && before.height === height;
    if (!still || !element.isConnected) return null;
    const middle = { x: x + width / 2, y: y + height / 2 };
    const root = element.getRootNode();
    const top =
      root instanceof Document || root instanceof ShadowRoot
        ? root.elementFromPoint(middle.x, middle.y)
        : null;
    return top !== null && element.contains(top) ? middle : null;
  }, target.index);
  if (point === null) return false;
  // Once it is on its way it counts as done, answered or not: a second click might submit a second time.
  await inTime(page.mouse.click(point.x, point.y));
  return true;
}

/** False when the browser did not answer in time. */
async function inTime(input: Promise<void>): Promise<boolean> {
  const stop = new AbortController();
  const late = pause(inputTimeoutMs, stop.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([input.then(() => true), late]);
  } finally {
    stop.abort();
  }
}
