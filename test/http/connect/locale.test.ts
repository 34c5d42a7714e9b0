import fc from "fast-check";
import { expect, test } from "vitest";
import { directionOf, languages, localeOf, messagesOf } from "../../../src/http/connect/locale.ts";

test.each([
  ["de-CH,de;q=0.9,en;q=0.8", "de"],
  ["en-GB,en;q=0.9", "en"],
  ["nl;q=0.9,fr;q=0.8", "fr"],
  ["fr;q=0.2,es-419;q=0.9", "es"],
  ["ar-EG", "ar"],
  ["de;q=0,fr", "fr"],
  ["*", "en"],
  ["", "en"],
  ["xx-YY,,;q=1,a;q=b", "en"],
])("%s asks for %s", (header, locale) => {
  expect(localeOf(header)).toBe(locale);
});

test("any header asks for one of the languages, and quickly", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string()).map((parts) => parts.join(",")),
      ),
      (header) => {
        expect(languages.map(({ locale }) => locale)).toContain(localeOf(header));
      },
    ),
  );
  const startedAt = performance.now();
  expect(localeOf("de-".repeat(100_000))).toBe("en");
  expect(localeOf("x,".repeat(100_000))).toBe("en");
  expect(performance.now() - startedAt).toBeLessThan(500);
});

test("every language says everything in words of its own, with the names it is given", () => {
  const faults = languages.flatMap(({ locale }) =>
    Object.entries(messagesOf(locale)).flatMap(([key, text]) => {
      const isPlain = typeof text === "string";
      const said = isPlain ? text : (text as (value: string) => string)("Larch");
      const isGood = said.trim() !== "" && (isPlain || said.includes("Larch"));
      return isGood ? [] : [`${locale}: ${key}`];
    }),
  );
  expect(faults).toEqual([]);
  expect(languages.map(({ locale }) => directionOf(locale))).toContain("rtl");
});

test("a text that is the same in another language was not translated", () => {
  const alike = new Set(["codeLabel", "password"]);
  const english = messagesOf("en");
  for (const { locale } of languages.filter((each) => each.locale !== "en")) {
    const own = Object.entries(messagesOf(locale));
    const same = own.filter(
      ([key, text]) => typeof text === "string" && text === english[key as keyof typeof english],
    );
    expect(same.map(([key]) => key).filter((key) => !alike.has(key))).toEqual([]);
  }
});
