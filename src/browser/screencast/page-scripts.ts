import type { Picker } from "./protocol.ts";

/** Functions that run in a page, in a world of our own: each takes its element as `this`, and stands alone. */

/** What pressing the element would open that no screencast shows. */
export function describePicker(this: Element): { picker: Picker } | null {
  // A press may be on a text.
  if (!(this instanceof Element)) return null;
  const dates = ["date", "time", "datetime-local", "month", "week", "color"];
  if (this instanceof HTMLInputElement) {
    if (!dates.includes(this.type) || this.disabled || this.readOnly) return null;
    const { value, min, max, step } = this;
    return { picker: { kind: this.type as "date", value, min, max, step } };
  }
  const select = this.closest("select");
  // A list of several lines is in the page, and can be clicked there.
  if (select === null || select.disabled || select.multiple || select.size > 1) return null;
  const options = [...select.options].map((option) => {
    const { parentElement: parent } = option;
    const group = parent instanceof HTMLOptGroupElement ? parent : undefined;
    return {
      label: option.label,
      disabled: option.disabled || group?.disabled === true,
      ...(group === undefined ? {} : { group: group.label }),
    };
  });
  select.focus();
  return { picker: { kind: "select", options, chosen: select.selectedIndex } };
}

/** Does what choosing in the pop-up would have done. */
export function choose(this: Element, choice: number | string): void {
  if (this instanceof HTMLInputElement) {
    if (typeof choice !== "string" || this.value === choice) return;
    this.value = choice;
    this.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    this.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const select = this.closest("select");
  if (select === null || typeof choice !== "number" || select.selectedIndex === choice) return;
  if (select.options[choice] === undefined || select.options[choice].disabled) return;
  select.selectedIndex = choice;
  select.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The focused element, through shadow roots and frames of the same origin. */
export function focusedElement(): Element | null {
  let element = document.activeElement;
  for (;;) {
    const inner: Element | null | undefined =
      element instanceof HTMLIFrameElement
        ? element.contentDocument?.activeElement
        : element?.shadowRoot?.activeElement;
    if (inner === null || inner === undefined) return element;
    element = inner;
  }
}

/** Tells the element's page of a paste. @returns whether the page has dealt with it */
export function announcePaste(this: Element, text: string): boolean {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new ClipboardEvent("paste", {
    clipboardData,
    bubbles: true,
    cancelable: true,
    composed: true,
  });
  return !this.dispatchEvent(event);
}

/** What is selected there; never a password. */
export function selectedText(this: Element): string {
  if (this instanceof HTMLInputElement || this instanceof HTMLTextAreaElement) {
    if (this.type === "password") return "";
    return this.value.slice(this.selectionStart ?? 0, this.selectionEnd ?? 0);
  }
  return this.ownerDocument.getSelection()?.toString() ?? "";
}
