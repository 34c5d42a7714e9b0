import type { PageConnection } from "./connection.ts";
import type { Point } from "./dispatch-input.ts";
import { elementAt, elementInFocus, type FoundElement } from "./find-element.ts";
import { choose, describePicker } from "./page-scripts.ts";
import type { ActMessage, Area, Picker } from "./protocol.ts";

/** A control whose pop-up the viewer shows in the browser's place. */
export interface OpenPicker {
  picker: Picker;
  /** Of the control, in CSS pixels of the page's window. */
  area: Area;
  /** Chooses, as if it had been done in the pop-up. @throws Error when the control has gone */
  choose(choice: number | string): Promise<void>;
  release(): void;
}

/** Keys that open the pop-up of a control. */
export function opensPicker({ kind, key, modifiers }: Extract<ActMessage, { type: "key" }>): boolean {
  if (kind !== "down") return false;
  if (modifiers === 1) return key === "ArrowDown" || key === "ArrowUp";
  return modifiers === 0 && (key === " " || key === "F4");
}

/**
 * The control at a point, if pressing it would open a pop-up. Those are windows of the browser's own, which are in no
 * picture of the page, headless or not; so the press is not made, and whoever looks chooses in a pop-up of the viewer's.
 */
export async function pickerAt(page: PageConnection, point: Point): Promise<OpenPicker | undefined> {
  return await open(await elementAt(page, point));
}

/** The control that keys go to, if it has a pop-up. */
export async function pickerInFocus(page: PageConnection): Promise<OpenPicker | undefined> {
  return await open(await elementInFocus(page));
}

async function open(element: FoundElement | undefined): Promise<OpenPicker | undefined> {
  if (element === undefined) return undefined;
  const described = await element.call(describePicker);
  const area = described === null ? undefined : await element.area();
  if (described === null || area === undefined) {
    element.release();
    return undefined;
  }
  return {
    picker: described.picker,
    area,
    choose: (choice) => element.call(choose, choice),
    release: () => element.release(),
  };
}
