import type { Page } from "playwright-core";
import type { Target } from "./observe.ts";
import { pause } from "./pause.ts";

/** The browser answers input at once; a page that is busy or hangs makes it wait, in milliseconds. */
const inputTimeoutMs = { text: 5_000, click: 1_500 };

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
  if (!(await inTime(page.keyboard.insertText(text), inputTimeoutMs.text)))
    throw new Error("the field took no text in time");
  return true;
}

/**
 * Clicks in the middle of what is in view, stands still and has nothing over it. Otherwise nothing was clicked, and
 * Playwright's own `click`, which scrolls and waits, may do.
 */
export async function clickOn({
  page,
  target,
}: {
  page: Page;
  target: Target;
}): Promise<"clicked" | "covered" | "unready"> {
  if (target.frame !== page.mainFrame()) return "unready";
  const point = await target.look.evaluate(async ({ elements }, index) => {
    const element = elements[index];
    if (element === undefined || element.matches(":disabled")) return "unready";
    const box = () => element.getBoundingClientRect();
    const before = box();
    const painted = await new Promise<boolean>((resolve) => {
      setTimeout(resolve, 100, false);
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)));
    });
    const { x, y, width, height } = box();
    const still =
      painted && before.x === x && before.y === y && before.width === width && before.height === height;
    const middle = { x: x + width / 2, y: y + height / 2 };
    const root = element.getRootNode();
    const top =
      root instanceof Document || root instanceof ShadowRoot
        ? root.elementFromPoint(middle.x, middle.y)
        : null;
    if (!still || !element.isConnected || top === null) return "unready";
    return element.contains(top) ? middle : "covered";
  }, target.index);
  if (typeof point === "string") return point === "covered" ? point : "unready";
  // Once it is on its way it counts as done, answered or not: a second click might submit a second time.
  await inTime(page.mouse.click(point.x, point.y), inputTimeoutMs.click);
  return "clicked";
}

/** False when the browser did not answer in time. */
async function inTime(input: Promise<void>, timeoutMs: number): Promise<boolean> {
  const stop = new AbortController();
  const late = pause(timeoutMs, stop.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([input.then(() => true), late]);
  } finally {
    stop.abort();
  }
}
