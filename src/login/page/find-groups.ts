import type { GroupSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

/**
 * Runs in the page: says which fields and controls belong together. A form is a group; inputs outside forms belong
 * to the smallest piece of page around them that also holds a button, and such pieces inside one another are one.
 */
export function makeFindGroups(tools: PageTools) {
  const around = (element: Element): Element | null => {
    const parent = element.parentElement;
    if (parent !== null) return parent;
    const root = element.getRootNode();
    return root instanceof ShadowRoot ? root.host : null;
  };
  const within = (outer: Element, element: Element) => {
    for (let at: Element | null = element; at !== null; at = around(at)) if (at === outer) return true;
    return false;
  };
  /** The form an element belongs to, through shadow roots: a component's input stands in the page's form. */
  const formOf = (element: Element): Element | null => {
    if ("form" in element && element.form instanceof HTMLFormElement) return element.form;
    for (let at: Element | null = element; at !== null; at = around(at)) {
      if (at.localName === "form" || at.getAttribute("role") === "form") return at;
    }
    return null;
  };

  const headingOf = (root: Element) =>
    [...root.querySelectorAll("legend, h1, h2, h3, h4, [role=heading]")]
      .slice(0, 3)
      .map((heading) => heading.textContent ?? "")
      .join(" ");

  return ({ fields, controls }: { fields: Element[]; controls: Element[] }) => {
    const buttons = controls.filter(
      (control) =>
        control.localName !== "a" &&
        (control.textContent?.trim() || (control instanceof HTMLInputElement && control.type !== "radio")),
    );
    const clusterOf = (field: Element) => {
      for (let at = around(field); at !== null && at.localName !== "body"; at = around(at)) {
        const here = at;
        if (buttons.some((button) => within(here, button))) return at;
        if (at.localName === "dialog" || at.getAttribute("role") === "dialog") return at;
      }
      return document.body;
    };
    const loose = fields.filter((field) => formOf(field) === null).map(clusterOf);
    const clusters = [...new Set(loose)].filter(
      (root, _, all) => !all.some((other) => other !== root && within(other, root)),
    );
    const forms = [...new Set([...fields, ...controls].map(formOf))].filter((form) => form !== null);
    const roots: Element[] = [...forms, ...clusters];
    const groupOf = (element: Element) => {
      const form = formOf(element);
      return form === null
        ? roots.findIndex((root) => clusters.includes(root) && within(root, element))
        : roots.indexOf(form);
    };
    const groups = roots.map(
      (root, id): GroupSnapshot => ({
        id,
        kind: clusters.includes(root) ? "cluster" : "form",
        search: root.getAttribute("role") === "search" || root.closest("[role=search], search") !== null,
        heading: tools.clip(root === document.body ? "" : headingOf(root), 160),
        hints: tools.hints(`${root.getAttribute("action") ?? ""} ${tools.nameTokens(root)}`),
      }),
    );
    return { groups, groupOf };
  };
}
