import type { ChallengeSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

/** Runs in the page: finds what asks for proof of a human, by the frames, scripts and widgets such services use. */
export function makeFindChallenges(tools: PageTools) {
  const services: { kind: string; frame?: RegExp; widget?: string; page?: RegExp }[] = [
    { kind: "reCAPTCHA", frame: /\/recaptcha\/(api2|enterprise)\/(anchor|bframe)/, widget: ".g-recaptcha" },
    { kind: "hCaptcha", frame: /(^|\.)hcaptcha\.com\//, widget: ".h-captcha" },
    { kind: "Turnstile", frame: /challenges\.cloudflare\.com\//, widget: ".cf-turnstile" },
    { kind: "Cloudflare challenge", page: /\/cdn-cgi\/challenge-platform\// },
    { kind: "Arkose", frame: /(arkoselabs|funcaptcha)\.com\//, widget: "#FunCaptcha, #arkose" },
    { kind: "GeeTest", widget: ".geetest_holder, .geetest_captcha, .geetest_btn" },
    { kind: "DataDome", frame: /captcha-delivery\.com\// },
    { kind: "PerimeterX", widget: "#px-captcha" },
    { kind: "AWS WAF", widget: "awswaf-captcha" },
    { kind: "Friendly Captcha", widget: ".frc-captcha" },
    { kind: "ALTCHA", widget: "altcha-widget" },
    { kind: "mCaptcha", widget: ".mcaptcha__widget-container, #mcaptcha__widget-container" },
    { kind: "MTCaptcha", widget: ".mtcaptcha" },
  ];

  /** Invisible widgets put a badge in the corner, or nothing: they ask for nothing until they do. */
  const asks = (element: Element, source: string) =>
    tools.shown(element) &&
    !/[?&#]size=invisible/.test(source) &&
    element.getAttribute("data-size") !== "invisible" &&
    element.closest(".grecaptcha-badge") === null &&
    tools.boxOf(element).width >= 100 &&
    tools.boxOf(element).height >= 40;

  return ({ elements }: { elements: Element[] }): ChallengeSnapshot[] => {
    const found = new Map<string, boolean>();
    const note = (kind: string, shown: boolean) => found.set(kind, shown || found.get(kind) === true);
    for (const element of elements) {
      if (element instanceof HTMLIFrameElement && element.src !== "") {
        for (const { kind, frame } of services) {
          if (frame?.test(element.src.replace(/^https?:\/\//, ""))) note(kind, asks(element, element.src));
        }
      } else if (element instanceof HTMLScriptElement && element.src !== "") {
        for (const { kind, page } of services) {
          // Such a script also runs on pages that were let through: only a page with nothing else is a challenge.
          if (page?.test(element.src))
            note(
              kind,
              document.querySelector("input:not([type=hidden])") === null &&
                (document.body?.innerText.length ?? 0) < 600,
            );
        }
      } else {
        for (const { kind, widget } of services) {
          if (widget !== undefined && element.matches(widget)) note(kind, asks(element, ""));
        }
      }
    }
    return [...found].map(([kind, shown]) => ({ kind, shown }));
  };
}
