/**
 * Runs in the page: what the other page functions share. Everything in this folder is sent to the page as source
 * text, so a function here may use its arguments and the page's own globals, and nothing of this module.
 */
export function makeTools() {
  const clip = (text: string, most: number) =>
    text
      .replace(/\s+/g, " ")
      .trim()
      // What looks like a key, a token or a run of recovery codes must not leave the page.
      .replace(/\S*[A-Za-z0-9+/_-]{20,}\S*/g, "…")
      .replace(/\b(?:[A-Z2-7]{4}[ -]){3,}[A-Z2-7]{2,4}\b/g, "…")
      .replace(/\d{6,}/g, "…")
      .slice(0, most);

  const address = (href: string) => {
    const url = new URL(href, document.baseURI);
    const route = /^#!?\/[^?]*/.exec(url.hash)?.[0] ?? "";
    return url.protocol.startsWith("http") ? url.origin + url.pathname + route : url.protocol;
  };

  const boxOf = (element: Element) => {
    const rect = element.getBoundingClientRect();
    return {
      x: Math.round(rect.x + scrollX),
      y: Math.round(rect.y + scrollY),
      width: Math.round(rect.width),
      height: Math.round(rect.height),
    };
  };

  const topmostAt = (element: Element) => {
    const rect = element.getBoundingClientRect();
    const x = rect.x + rect.width / 2;
    const y = rect.y + rect.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return undefined;
    const root = element.getRootNode();
    return root instanceof Document || root instanceof ShadowRoot ? root.elementFromPoint(x, y) : null;
  };

  /** Undefined when it cannot be told, because the place is not in view. */
  const covered = (element: Element) => {
    const top = topmostAt(element);
    if (top === undefined) return undefined;
    if (top === null) return true;
    if (top === element || element.contains(top) || top.contains(element)) return false;
    const label = top.closest("label");
    return !(label !== null && label.control === element);
  };

  const rendered = (element: Element) => {
    if (!element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) return false;
    const box = boxOf(element);
    return (
      box.width >= 4 &&
      box.height >= 4 &&
      box.x + box.width > 0 &&
      box.y + box.height > 0 &&
      box.x < Math.max(document.documentElement.scrollWidth, innerWidth)
    );
  };

  /** A person could see it and reach it. What is fully transparent counts only if a click would land on it. */
  const shown = (element: Element) => {
    if (!rendered(element)) return false;
    if (element.closest("[inert]") !== null) return false;
    if (element.checkVisibility({ opacityProperty: true })) return true;
    return covered(element) === false;
  };

  const nameTokens = (element: Element) =>
    [
      element.getAttribute("name"),
      element.id,
      element.getAttribute("data-testid"),
      element.getAttribute("data-test"),
    ].join(" ");

  const subjects: [string, RegExp][] = [
    ["logout", /(log|sign)[-_ ]?(out|off)|end[-_]?session/],
    ["login", /(log|sign)[-_ ]?(in|on)(?![a-z])|(?<![a-z])auth(?![a-z])/],
    ["signup", /sign[-_ ]?up|(?<![a-z])(regist(er|ration)|join)(?![a-z])|create[-_ ]?account/],
    ["forgot", /forgot|lost[-_ ]?pass|reset[-_ ]?pass|recover/],
    ["sso", /(?<![a-z])(sso|saml|oidc|oauth2?)(?![a-z])/],
  ];
  /** What an address or a name speaks of; the address itself, which may hold a token, stays in the page. */
  const hints = (text: string) => {
    const ready = text.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
    return subjects.filter(([, pattern]) => pattern.test(ready)).map(([subject]) => subject);
  };

  return { clip, address, boxOf, covered, shown, nameTokens, hints };
}

export type PageTools = ReturnType<typeof makeTools>;
