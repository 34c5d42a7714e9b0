import { z } from "zod";

/** A locator as Playwright's recorder tells it: what kind, of what, and what comes next in its chain. */
export interface RecordedLocator {
  kind: string;
  body?: unknown;
  options?: {
    name?: unknown;
    exact?: boolean | undefined;
    hasText?: unknown;
    hasNotText?: unknown;
    attrs?: { name: string; value: unknown }[] | undefined;
  };
  next?: RecordedLocator | undefined;
}

export const locatorSchema: z.ZodType<RecordedLocator> = z.lazy(() =>
  z.object({
    kind: z.string(),
    body: z.unknown().optional(),
    options: z
      .object({
        name: z.unknown().optional(),
        exact: z.boolean().optional(),
        hasText: z.unknown().optional(),
        hasNotText: z.unknown().optional(),
        attrs: z.array(z.object({ name: z.string(), value: z.unknown() })).optional(),
      })
      .default({}),
    next: locatorSchema.optional(),
  }),
);

const byText: Readonly<Record<string, string>> = {
  text: "getByText",
  label: "getByLabel",
  placeholder: "getByPlaceholder",
  alt: "getByAltText",
  title: "getByTitle",
};

/** The locator as code that stands after `page.`; undefined for a kind that this does not know. */
export function locatorCode(locator: RecordedLocator): string | undefined {
  const own = ownCode(locator);
  if (own === undefined || locator.next === undefined) return own;
  const rest = locatorCode(locator.next);
  return rest === undefined ? undefined : `${own}.${rest}`;
}

function ownCode({ kind, body, options = {} }: RecordedLocator): string | undefined {
  const { name, exact = false, hasText, hasNotText, attrs = [] } = options;
  // Patterns come as objects of JSON, which have lost what they were.
  if ([body, name, hasText, hasNotText].some((value) => typeof value === "object")) return undefined;
  const method = byText[kind];
  if (method !== undefined) return `${method}(${text(body)}${exact ? ", { exact: true }" : ""})`;
  switch (kind) {
    case "role": {
      const parts = [
        ...(name === undefined ? [] : [`name: ${text(name)}`]),
        ...(exact && name !== undefined ? ["exact: true"] : []),
        ...attrs.map(({ name: key, value }) => `${key}: ${text(value)}`),
      ];
      return `getByRole(${text(body)}${parts.length === 0 ? "" : `, { ${parts.join(", ")} }`})`;
    }
    case "default": {
      const filter = hasText ?? hasNotText;
      const key = hasText === undefined ? "hasNotText" : "hasText";
      return `locator(${text(body)}${filter === undefined ? "" : `, { ${key}: ${text(filter)} }`})`;
    }
    case "test-id":
      return `getByTestId(${text(body)})`;
    case "has-text":
      return `filter({ hasText: ${text(body)} })`;
    case "has-not-text":
      return `filter({ hasNotText: ${text(body)} })`;
    case "frame-locator":
      return `frameLocator(${text(body)})`;
    case "frame":
      return "contentFrame()";
    case "nth":
      return `nth(${Number(body)})`;
    case "first":
    case "last":
      return `${kind}()`;
    case "visible":
      return "filter({ visible: true })";
    case "filter-visible":
      return `filter({ visible: ${String(body) === "true"} })`;
    default:
      return undefined;
  }
}

/** What a person would call it: the name of the last part of the chain that has one. */
export function locatorLabel(locator: RecordedLocator): string | undefined {
  const later = locator.next === undefined ? undefined : locatorLabel(locator.next);
  const { kind, body, options } = locator;
  const isNamed = kind in byText || kind === "test-id";
  const own = kind === "role" ? (options?.name ?? body) : isNamed ? body : undefined;
  // A bare role says less than the name of what it stands in: the button of the row "2026-04".
  const isBare =
    later !== undefined && locator.next?.kind === "role" && locator.next.options?.name === undefined;
  if (isBare && typeof own === "string") return `${later} of ${shorten(own)}`;
  return later ?? (typeof own === "string" ? shorten(own) : undefined);
}

const longest = 40;

function shorten(words: string): string {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** A value of the recorder's as a literal. */
const text = (value: unknown): string => JSON.stringify(value) ?? '""';
