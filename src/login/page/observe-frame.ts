import type { DialogSnapshot, FrameSnapshot } from "../snapshot.ts";
import type { makeDescribeControl } from "./describe-control.ts";
import type { makeDescribeField } from "./describe-field.ts";
import type { makeFindChallenges } from "./find-challenges.ts";
import type { makeFindGroups } from "./find-groups.ts";
import type { makeFindMessages } from "./find-messages.ts";
import type { PageTools } from "./tools.ts";

/** Runs in the page: one pass over a frame's document and its open shadow roots. Changes nothing. */
export function makeObserveFrame({
  tools,
  describeField,
  describeControl,
  findGroups,
  findMessages,
  findChallenges,
}: {
  tools: PageTools;
  describeField: ReturnType<typeof makeDescribeField>;
  describeControl: ReturnType<typeof makeDescribeControl>;
  findGroups: ReturnType<typeof makeFindGroups>;
  findMessages: ReturnType<typeof makeFindMessages>;
  findChallenges: ReturnType<typeof makeFindChallenges>;
}) {
  type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  const most = { fields: 60, controls: 250, headings: 15, texts: 60, smallPage: 2_500 };
  const notFields = /^(hidden|submit|button|image|reset|file|range|color|radio)$/;
  const pressed = /(^|[-_\s])(btn|button)($|[-_\s])/i;

  const everything = () => {
    const all: Element[] = [];
    const walk = (root: Document | ShadowRoot) => {
      for (const element of root.querySelectorAll("*")) {
        all.push(element);
        if (element.shadowRoot !== null) walk(element.shadowRoot);
      }
    };
    walk(document);
    return all;
  };

  const isField = (element: Element): element is Field =>
    (element instanceof HTMLInputElement && !notFields.test(element.type)) ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement;

  const isControl = (element: Element) => {
    if (element instanceof HTMLButtonElement || element.localName === "summary") return true;
    if (element instanceof HTMLInputElement) return /^(submit|button|image|radio)$/.test(element.type);
    const role = element.getAttribute("role");
    if (role === "button" || role === "link" || role === "tab" || role === "menuitem") return true;
    if (element instanceof HTMLAnchorElement)
      return (
        element.hasAttribute("href") || element.hasAttribute("onclick") || pressed.test(element.className)
      );
    if (!/^(div|span|li|p|img)$/.test(element.localName)) return false;
    const clickable =
      element.hasAttribute("onclick") ||
      element.getAttribute("tabindex") === "0" ||
      pressed.test(element.className);
    return (
      clickable &&
      element.querySelector("a, button, input, select, textarea, [role=button]") === null &&
      (element.textContent ?? "").trim().length < 60
    );
  };

  const isDialog = (element: Element) =>
    (element instanceof HTMLDialogElement && element.open) ||
    /^(alert)?dialog$/.test(element.getAttribute("role") ?? "") ||
    element.getAttribute("aria-modal") === "true";

  const looksBusy = (element: Element) =>
    (element.getAttribute("aria-busy") === "true" && element !== document.body) ||
    element.getAttribute("role") === "progressbar" ||
    /(^|[-_\s])(spinner|loader|loading|skeleton)($|[-_\s])/i.test(element.getAttribute("class") ?? "");

  const linesOf = (text: string) =>
    [...new Set(text.split("\n").map((line) => tools.clip(line, 160)))]
      .filter((line) => line.length > 1)
      .slice(0, most.texts);

  return (index: number): { snapshot: FrameSnapshot; elements: Element[] } => {
    const all = everything();
    const fields = all.filter(isField).slice(0, most.fields);
    const possible = all.filter(isControl);
    // On a page with very many, those that are shown count; signing out often hides in a menu, so names count too.
    const telling = /log|sign|exit|out|auth|account/i;
    const controls =
      possible.length <= most.controls
        ? possible
        : [...possible.filter((control) => telling.test(control.outerHTML.slice(0, 300))), ...possible]
            .filter((control, at, both) => both.indexOf(control) === at)
            .slice(0, most.controls);
    const dialogs = all.filter((element) => isDialog(element) && tools.shown(element));
    const dialogOf = (element: Element) => {
      const at = dialogs.findLastIndex((dialog) => dialog.contains(element));
      return at < 0 ? null : at;
    };
    const { groups, groupOf } = findGroups({ fields, controls });
    const elements: Element[] = [];
    const refOf = (element: Element) => `${index}:${elements.push(element) - 1}`;
    const text = all.length <= most.smallPage ? (document.body?.innerText ?? "") : "";

    const snapshot: FrameSnapshot = {
      index,
      url: tools.address(location.href),
      title: tools.clip(document.title, 120),
      documentId: Math.round(performance.timeOrigin * 10),
      readyState: document.readyState,
      language: document.documentElement.lang,
      groups,
      fields: fields.map((field) => ({
        ref: refOf(field),
        ...describeField(field),
        group: groupOf(field),
        dialog: dialogOf(field),
      })),
      controls: controls.map((control) => ({
        ref: refOf(control),
        ...describeControl(control),
        group: groupOf(control),
        dialog: dialogOf(control),
      })),
      messages: findMessages({ elements: all, dialogOf }),
      headings: all
        .filter((element) => /^h[1-4]$/.test(element.localName) || element.getAttribute("role") === "heading")
        .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
        .slice(0, most.headings)
        .map((element) => tools.clip(element.textContent ?? "", 120))
        .filter((heading) => heading !== ""),
      dialogs: dialogs.map(
        (dialog, id): DialogSnapshot => ({
          id,
          text: tools.clip(dialog instanceof HTMLElement ? dialog.innerText : "", 300),
          modal: dialog.getAttribute("aria-modal") === "true" || dialog.matches(":modal"),
        }),
      ),
      challenges: findChallenges({ elements: all }),
      texts: linesOf(text),
      textLength:
        all.length <= most.smallPage ? text.trim().length : (document.body?.textContent?.length ?? 0),
      elementCount: all.length,
      scripted: document.scripts.length > 0,
      busy: all.some((element) => looksBusy(element) && tools.shown(element)),
    };
    return { snapshot, elements };
  };
}
