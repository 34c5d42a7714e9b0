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

  /** A box without room around it, or a clip, leaves nothing of it to see: how things are hidden from people only. */
  const isCutAway = (field: Element) => {
    const box = field.getBoundingClientRect();
    let { position } = getComputedStyle(field);
    for (
      let around = field.parentElement;
      around !== null && around !== document.body;
      around = around.parentElement
    ) {
      if (position === "fixed") return false;
      const style = getComputedStyle(around);
      // Boxes that are not positioned do not cut what is placed absolutely.
      if (position === "absolute" && style.position === "static") continue;
      if (/^inset\((?:50|100)%|^circle\(0/.test(style.clipPath)) return true;
      if (style.position === "absolute" && /^rect\((?:[01]px,? ?){4}\)$/.test(style.clip)) return true;
      if (/hidden|clip/.test(style.overflowX + style.overflowY)) {
        const edge = around.getBoundingClientRect();
        const width = Math.min(box.right, edge.right) - Math.max(box.left, edge.left);
        const height = Math.min(box.bottom, edge.bottom) - Math.max(box.top, edge.top);
        if (width < 4 || (height < 4 && edge.height < 12)) return true;
      }
      if (style.position !== "static") ({ position } = style);
    }
    return false;
  };

  /** Nobody scrolls so far to the side. */
  const isFarOff = (field: Element) => tools.boxOf(field).x >= 2 * innerWidth;

  const isForRobots = (field: HTMLElement) =>
    (field.tabIndex < 0 && field.closest("[aria-hidden=true]") !== null) ||
    isCutAway(field) ||
    isFarOff(field);

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
    const shown = tools.shown(field) && !isForRobots(field);
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
