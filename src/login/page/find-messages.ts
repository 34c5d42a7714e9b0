import type { MessageSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

/** Runs in the page: gathers what the site says to the user: alerts, errors at fields, toasts, notices. */
export function makeFindMessages(tools: PageTools) {
  const marked =
    /(^|[-_\s])(errors?|err|invalid|alerts?|danger|warn(ing)?|fail(ed|ure)?|flash|toasts?|snack-?bar|notifications?|notif|notice|messages?|msg|feedback|help-block|growl|noty|helper-?text)($|[-_\s])/i;
  const bad = /(^|[-_\s])(errors?|err|invalid|danger|fail(ed|ure)?)($|[-_\s])/i;

  const classOf = (element: Element) =>
    (element.getAttribute("class") ?? "").replace(/([a-z])([A-Z])/g, "$1-$2") + " " + element.id;

  const reddish = (element: Element) => {
    const [r = 0, g = 0, b = 0] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? []).map(Number);
    return r > 130 && g < r * 0.55 && b < r * 0.6;
  };

  const isMessage = (element: Element) => {
    const role = element.getAttribute("role");
    if (role === "alert" || role === "status" || role === "alertdialog") return true;
    if (element.hasAttribute("aria-live") && element.getAttribute("aria-live") !== "off") return true;
    return element.localName === "output" || marked.test(classOf(element));
  };

  return ({
    elements,
    dialogOf,
  }: {
    elements: Element[];
    dialogOf: (element: Element) => number | null;
  }): MessageSnapshot[] => {
    const described = elements
      .filter((element) => element.getAttribute("aria-invalid") === "true")
      .flatMap((element) => {
        const ids = `${element.getAttribute("aria-describedby") ?? ""} ${element.getAttribute("aria-errormessage") ?? ""}`;
        return ids.split(/\s+/).map((id) => (id === "" ? null : document.getElementById(id)));
      })
      .filter((element) => element !== null);
    const found: (MessageSnapshot & { element: Element })[] = [];
    for (const element of new Set([...described, ...elements.filter(isMessage)])) {
      if (found.length >= 20) break;
      if (/^(script|style|body|html|input|select|textarea|button|svg|form|main)$/.test(element.localName))
        continue;
      if (element.querySelector("input:not([type=hidden]), select, textarea") !== null) continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const text = tools.clip(
        element instanceof HTMLElement ? element.innerText : (element.textContent ?? ""),
        300,
      );
      if (text.length < 2 || /^[^\p{L}]*$/u.test(text)) continue;
      const inner = element.firstElementChild ?? element;
      const tone =
        described.includes(element as HTMLElement) ||
        element.getAttribute("role") === "alert" ||
        bad.test(classOf(element)) ||
        reddish(element) ||
        reddish(inner)
          ? "error"
          : "neutral";
      const twin = found.find((other) => other.text === text);
      if (twin === undefined) found.push({ text, tone, dialog: dialogOf(element), element });
      else if (tone === "error") twin.tone = "error";
    }
    return found.map(({ text, tone, dialog }) => ({ text, tone, dialog }));
  };
}
