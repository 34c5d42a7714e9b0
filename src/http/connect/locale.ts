import { match } from "@formatjs/intl-localematcher";
import { ar } from "./messages/ar.ts";
import { de } from "./messages/de.ts";
import { en, type Messages } from "./messages/en.ts";
import { es } from "./messages/es.ts";
import { fr } from "./messages/fr.ts";
import { it } from "./messages/it.ts";
import { ja } from "./messages/ja.ts";
import { pt } from "./messages/pt.ts";

const catalogues = { en, de, es, fr, it, pt, ja, ar } as const satisfies Record<string, Messages>;
export type Locale = keyof typeof catalogues;

/** Each language as its speakers call it. */
export const languages: readonly { locale: Locale; name: string }[] = [
  { locale: "en", name: "English" },
  { locale: "de", name: "Deutsch" },
  { locale: "es", name: "Español" },
  { locale: "fr", name: "Français" },
  { locale: "it", name: "Italiano" },
  { locale: "pt", name: "Português" },
  { locale: "ja", name: "日本語" },
  { locale: "ar", name: "العربية" },
];

const locales = languages.map(({ locale }) => locale);
const fallback: Locale = "en";
/** Nobody reads more languages than that; a longer header is somebody's game. */
const mostWanted = 20;

/** What the page says in a language. */
export function messagesOf(locale: Locale): Messages {
  return catalogues[locale];
}

export function directionOf(locale: Locale): "ltr" | "rtl" {
  return locale === "ar" ? "rtl" : "ltr";
}

export function isLocale(text: unknown): text is Locale {
  return typeof text === "string" && Object.hasOwn(catalogues, text);
}

/** The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4). */
export function localeOf(acceptLanguage = ""): Locale {
  const wanted = acceptLanguage
    .split(",", mostWanted)
    .map((part) => {
      const [tag = "", weight = ""] = part.split(";", 2);
      return { tag: tag.trim(), weight: Number(/q=([\d.]+)/.exec(weight)?.[1] ?? 1) };
    })
    .filter(({ tag, weight }) => weight > 0 && isTag(tag))
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
  const found = match(wanted, locales, fallback);
  return isLocale(found) ? found : fallback;
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
