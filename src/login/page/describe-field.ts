import type { FieldSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

type Described = Omit<FieldSnapshot, "ref" | "group" | "dialog">;

/** Runs in the page: tells a field's marks, never its value. */
export function makeDescribeField(tools: PageTools) {
  const { clip } = tools;

  const textOfIds = (element: Element, attribute: string) => {
    const root = element.getRootNode();
    if (!(root instanceof Document || root instanceof ShadowRoot)) return "";
    return (element.getAttribute(attribute) ?? "")
      .split(/\s+/)
      .filter((id) => id !== "")
      .map((id) => root.getElementById(id)?.textContent ?? "")
      .join(" ");
  };

  const labelOf = (field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement) =>
    [...(field.labels ?? [])].map((label) => label.innerText).join(" ") ||
    textOfIds(field, "aria-labelledby") ||
    field.getAttribute("aria-label") ||
    field.title;

  /** The text a person reads just before the field: the row's header, the line above, a caption in a div. */
  const nearestText = (field: Element) => {
    const header = field.closest("tr")?.querySelector("th, td:first-child");
    if (header && !header.contains(field) && header.textContent?.trim()) return header.textContent;
    let around: Element | null = field;
    for (let level = 0; level < 3 && around !== null; level++) {
      for (let before = around.previousSibling; before !== null; before = before.previousSibling) {
        if (before instanceof Element && before.matches("script, style")) continue;
        if (before instanceof Element && before.querySelector("input, select, textarea, button")) return "";
        if (before instanceof Element && before.matches("input, select, textarea, button")) return "";
        const text = before.textContent?.trim() ?? "";
        if (text !== "") return text;
      }
      around = around.parentElement;
      if (around === null || around.matches("form, body, dialog")) break;
    }
    return "";
  };

  /** A picture of the size of a few letters, next to the field alone. */
  const isPictured = (field: Element) => {
    let around = field.parentElement;
    for (let level = 0; level < 3 && around !== null; level++, around = around.parentElement) {
      if (around.querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea").length > 1)
        return false;
      for (const picture of around.querySelectorAll("img, canvas")) {
        const { width, height } = tools.boxOf(picture);
        const letters = width >= 50 && width <= 320 && height >= 18 && height <= 120 && width > height * 1.5;
        if (letters && tools.shown(picture)) return true;
      }
    }
    return false;
  };

  return (field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): Described => {
    const input = field instanceof HTMLInputElement ? field : undefined;
    const label = clip(labelOf(field), 120);
    const hidden = field.getAttribute("aria-hidden") === "true" && field.tabIndex < 0;
    const shown = tools.shown(field) && !hidden;
    return {
      kind: input?.type ?? field.localName,
      autocomplete: field.getAttribute("autocomplete")?.toLowerCase() ?? "",
      name: clip(field.getAttribute("name") ?? field.getAttribute("formcontrolname") ?? "", 60),
      id: clip(field.id, 60),
      label,
      placeholder: clip(field.getAttribute("placeholder") ?? "", 80),
      near: label === "" ? clip(nearestText(field), 80) : "",
      maxLength: input !== undefined && input.maxLength >= 0 ? input.maxLength : null,
      inputMode: field.getAttribute("inputmode") ?? "",
      required: field.required || field.getAttribute("aria-required") === "true",
      disabled: field.matches(":disabled"),
      readOnly: !(field instanceof HTMLSelectElement) && field.readOnly,
      filled: input?.type === "checkbox" || input?.type === "radio" ? input.checked : field.value !== "",
      focused: field.matches(":focus"),
      invalid: field.getAttribute("aria-invalid") === "true",
      shown,
      covered: shown && tools.covered(field) === true,
      ...(input?.type === "text" && isPictured(field) && { pictured: true }),
      box: tools.boxOf(field),
    };
  };
}
