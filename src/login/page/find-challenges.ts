import type { ChallengeSnapshot } from "../snapshot.ts";
import type { PageTools } from "./tools.ts";

/** Runs in the page: finds what asks for proof of a human, by the frames, scripts and widgets such services use. */
export function makeFindChallenges(tools: PageTools) {
  interface Service {
    kind: string;
    frame?: RegExp;
    widget?: string;
    /** A script of a page that is nothing but a challenge. */
    page?: RegExp;
    /** Often lets a browser pass after a moment without anybody doing anything. */
    patient?: boolean;
    /** The field that holds the service's word that all is well, once it gave it. */
    answer?: string;
  }
  const services: Service[] = [
    {
      kind: "reCAPTCHA",
      frame: /\/recaptcha\/(api2|enterprise)\/(anchor|bframe)/,
      widget: ".g-recaptcha",
      answer: "g-recaptcha-response",
    },
    {
      kind: "hCaptcha",
      frame: /(^|\.)hcaptcha\.com\//,
      widget: ".h-captcha",
      answer: "h-captcha-response",
    },
    {
      kind: "Turnstile",
      frame: /challenges\.cloudflare\.com\//,
      widget: ".cf-turnstile",
      patient: true,
      answer: "cf-turnstile-response",
    },
    { kind: "Cloudflare challenge", page: /\/cdn-cgi\/challenge-platform\//, patient: true },
    {
      kind: "Arkose",
      frame: /(arkoselabs|funcaptcha)\.com\/|\/fc\/(gc|gt2|assets)\/|\/enforcement\.\w+\.html/,
      widget: "#FunCaptcha, #arkose",
    },
    { kind: "GeeTest", widget: ".geetest_holder, .geetest_captcha, .geetest_btn" },
    { kind: "DataDome", frame: /captcha-delivery\.com\// },
    { kind: "PerimeterX", frame: /px-(cdn|cloud)\.net\//, widget: "#px-captcha, #px-captcha-wrapper" },
    {
      kind: "AWS WAF",
      widget: "awswaf-captcha",
      page: /awswaf\.com\/.*\/(captcha|challenge)\.js/,
      patient: true,
    },
    { kind: "Friendly Captcha", widget: ".frc-captcha", patient: true, answer: "frc-captcha-solution" },
    { kind: "ALTCHA", widget: "altcha-widget", patient: true, answer: "altcha" },
    { kind: "mCaptcha", widget: ".mcaptcha__widget-container, #mcaptcha__widget-container" },
    { kind: "MTCaptcha", widget: ".mtcaptcha" },
    { kind: "SmartCaptcha", frame: /smartcaptcha\.yandexcloud\.net\//, widget: ".smart-captcha" },
    {
      kind: "TCaptcha",
      frame: /(captcha|turing)\.(gtimg|qq|captcha\.qcloud)\.com\//,
      widget: "#tcaptcha_transform",
    },
    { kind: "a slider", widget: ".yidun, .nc-container .nc_scale, .nc_wrapper .nc_scale" },
  ];

  /** Invisible widgets put a badge in the corner, or nothing: they ask for nothing until they do. */
  const isInvisible = (element: Element, source: string) =>
    /[?&#]size=invisible|frame=checkbox-invisible/.test(source) ||
    element.getAttribute("data-size") === "invisible" ||
    element.closest(".grecaptcha-badge") !== null ||
    element instanceof HTMLButtonElement;

  const asks = (element: Element, source: string) =>
    tools.shown(element) &&
    !isInvisible(element, source) &&
    tools.boxOf(element).width >= 100 &&
    tools.boxOf(element).height >= 40;

  /** A place kept for a widget whose script is still on its way. */
  const isPlace = (element: Element) =>
    element.hasAttribute("data-sitekey") &&
    element.childElementCount === 0 &&
    element.checkVisibility({ visibilityProperty: true }) &&
    !isInvisible(element, "");

  const isAnswered = (answer: string | undefined) =>
    answer !== undefined &&
    [...document.getElementsByName(answer)].some(
      (field) =>
        (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) &&
        // Friendly Captcha writes its states there: .UNSTARTED, .FETCHING.
        /^[^.]/.test(field.value),
    );

  /** Such a script also runs on pages that were let through: only a page with nothing else is a challenge. */
  const isAllThereIs = () =>
    document.querySelector("input:not([type=hidden])") === null &&
    (document.body?.innerText.length ?? 0) < 600;

  return ({ elements }: { elements: Element[] }): ChallengeSnapshot[] => {
    const found = new Map<Service, "shown" | "awaited" | "quiet">();
    const note = (service: Service, asked: "shown" | "awaited" | "quiet") => {
      const known = found.get(service);
      if (known === undefined || asked === "shown" || known === "quiet") found.set(service, asked);
    };
    for (const element of elements) {
      const source =
        element instanceof HTMLIFrameElement || element instanceof HTMLScriptElement ? element.src : "";
      for (const service of services) {
        if (element instanceof HTMLIFrameElement && source !== "") {
          if (service.frame?.test(source.replace(/^https?:\/\//, "")) === true)
            note(service, asks(element, source) ? "shown" : "quiet");
        } else if (element instanceof HTMLScriptElement && source !== "") {
          if (service.page?.test(source) === true) note(service, isAllThereIs() ? "shown" : "quiet");
        } else if (service.widget !== undefined && element.matches(service.widget)) {
          note(service, asks(element, "") ? "shown" : isPlace(element) ? "awaited" : "quiet");
        }
      }
    }
    return [...found].map(([service, asked]) => {
      const shown = asked === "shown" && !isAnswered(service.answer);
      return {
        kind: service.kind,
        shown,
        ...((asked === "awaited" || (shown && service.patient === true)) && { pending: true }),
      };
    });
  };
}
