import type { ControlSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

type Described = Omit<ControlSnapshot, "ref" | "group" | "dialog">;

/** Runs in the page: tells what a button or link says and where it leads. */
export function makeDescribeControl(tools: PageTools) {
  const { clip } = tools;

  const textOf = (element: Element) => {
    if (element instanceof HTMLInputElement) {
      if (element.type === "radio")
        return (
          [...(element.labels ?? [])].map((label) => label.innerText).join(" ") ||
          element.getAttribute("aria-label") ||
          ""
        );
      return (
        element.value ||
        element.getAttribute("aria-label") ||
        element.alt ||
        element.title ||
        (element.type === "submit" ? "Submit" : "")
      );
    }
    const seen = element instanceof HTMLElement ? element.innerText : element.textContent;
    const picture = element.querySelector("img[alt], svg title, [aria-label], [title]");
    return (
      seen?.trim() ||
      element.getAttribute("aria-label") ||
      element.getAttribute("title") ||
      picture?.getAttribute("alt") ||
      picture?.getAttribute("aria-label") ||
      picture?.getAttribute("title") ||
      picture?.textContent ||
      ""
    );
  };

  const roleOf = (element: Element): ControlSnapshot["role"] => {
    const role = element.getAttribute("role");
    // A radio button chooses, and sends nothing.
    if (role === "tab" || (element instanceof HTMLInputElement && element.type === "radio")) return "tab";
    if (role === "link" || (role === null && element.localName === "a")) return "link";
    return "button";
  };

  return (element: Element): Described => {
    const submits =
      (element instanceof HTMLButtonElement && element.type === "submit" && element.form !== null) ||
      (element instanceof HTMLInputElement && /^(submit|image)$/.test(element.type));
    const href =
      element instanceof HTMLAnchorElement ? element.href : (element.getAttribute("formaction") ?? "");
    const action = submits ? (element.closest("form")?.getAttribute("action") ?? "") : "";
    return {
      role: roleOf(element),
      text: clip(textOf(element), 80),
      submits,
      enabled: !element.matches(":disabled") && element.getAttribute("aria-disabled") !== "true",
      shown: tools.shown(element),
      covered: tools.covered(element) === true,
      hints: [
        ...tools.hints(`${href} ${action} ${element.getAttribute("title") ?? ""}`),
        // A name may tell of signing out where the text is in a language nobody knows. Of signing in it tells
        // nothing: the button of a signed-in user's menu is often called after the login it once opened.
        ...tools.hints(tools.nameTokens(element)).filter((subject) => subject === "logout"),
      ],
      box: tools.boxOf(element),
    };
  };
}
