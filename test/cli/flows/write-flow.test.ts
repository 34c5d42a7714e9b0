import { stripTypeScriptTypes } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionSchema, type RecordedAction } from "../../../src/cli/flows/recording/actions.ts";
import { flowSource } from "../../../src/cli/flows/recording/write-flow.ts";

const sourceUrl = "https://app.acme.example/";
const role = (body: string, name?: string, next?: object) => ({
  kind: "role",
  body,
  options: { attrs: [], ...(name === undefined ? {} : { exact: false, name }) },
  ...(next === undefined ? {} : { next }),
});
const action = (fields: object): RecordedAction => actionSchema.parse({ pageGuid: "page@1", ...fields });

function source(actions: RecordedAction[], secrets: string[] = []): string {
  return flowSource({
    actions,
    sourceUrl,
    isSecret: (text) => secrets.some((secret) => text.includes(secret)),
  });
}

/** The lines of the flow's work. */
function body(actions: RecordedAction[], secrets: string[] = []): string[] {
  const lines = source(actions, secrets)
    .split("\n")
    .map((line) => line.trim());
  return lines.slice(
    lines.findIndex((line) => line.startsWith("async run(")) + 1,
    lines.indexOf("return { url: page.url() };"),
  );
}

describe("a recording becomes a flow", () => {
  // As Playwright's recorder tells them.
  test.each<[what: string, fields: object, line: string]>([
    [
      "a click",
      { name: "click", button: "left", clickCount: 1, locator: role("link", "Invoices") },
      'await step("click \\"Invoices\\"", () => page.getByRole("link", { name: "Invoices" }).click());',
    ],
    [
      "a click in a row",
      { name: "click", button: "left", clickCount: 1, locator: role("row", "2026-04", role("button")) },
      'await step("click \\"button of 2026-04\\"", () => page.getByRole("row", { name: "2026-04" }).getByRole("button").click());',
    ],
    [
      "a download",
      {
        name: "click",
        button: "left",
        clickCount: 1,
        locator: role("link", "PDF"),
        signals: [{ name: "download" }],
      },
      'await step("download \\"PDF\\"", () => files.download(page, page.getByRole("link", { name: "PDF" })));',
    ],
    [
      "what is typed",
      { name: "fill", text: 'a "b"', locator: { kind: "label", body: "Name", options: { exact: true } } },
      'await step("fill \\"Name\\"", () => page.getByLabel("Name", { exact: true }).fill("a \\"b\\""));',
    ],
    [
      "a key",
      { name: "press", key: "Enter", modifiers: 8, locator: { kind: "placeholder", body: "Search" } },
      'await step("press Shift+Enter in \\"Search\\"", () => page.getByPlaceholder("Search").press("Shift+Enter"));',
    ],
    [
      "a choice",
      { name: "select", options: ["b"], locator: { kind: "test-id", body: "month" } },
      'await step("choose in \\"month\\"", () => page.getByTestId("month").selectOption(["b"]));',
    ],
    [
      "a click in a frame",
      {
        name: "click",
        button: "left",
        clickCount: 1,
        locator: {
          kind: "default",
          body: 'iframe[title="fr"]',
          next: { kind: "frame", body: "", next: role("button", "Go") },
        },
      },
      'await step("click \\"Go\\"", () => page.locator("iframe[title=\\"fr\\"]").contentFrame().getByRole("button", { name: "Go" }).click());',
    ],
    [
      "an address on the site, without its tokens",
      {
        name: "navigate",
        url: "https://app.acme.example/invoices?month=3&token=abc&x=0123456789012345678901234567#top",
      },
      'await step("open /invoices", () => page.goto(new URL("/invoices?month=3", identity.sourceUrl).href));',
    ],
    [
      "a locator of a kind that is not known",
      { name: "click", locator: { kind: "internal:next-thing", body: "x" } },
      "// Left out: click (its locator is of a kind that is not known here).",
    ],
  ])("%s", (_what, fields, line) => {
    expect(body([action(fields)])).toEqual([line]);
  });

  test("a window that a click opens is what later actions are done in", () => {
    const lines = body([
      action({
        name: "click",
        button: "left",
        clickCount: 1,
        locator: role("link", "Help"),
        signals: [{ name: "popup", popupPageGuid: "page@2" }],
      }),
      action({
        name: "click",
        button: "left",
        clickCount: 1,
        pageGuid: "page@2",
        locator: role("link", "FAQ"),
      }),
      action({ name: "closePage", pageGuid: "page@2" }),
    ]);
    expect(lines[0]).toMatch(
      /^const page2 = await step\("open \\"Help\\"", async \(\) => \{ const opened = page\.waitForEvent\("popup"\);/,
    );
    expect(lines.slice(1)).toEqual([
      'await step("click \\"FAQ\\"", () => page2.getByRole("link", { name: "FAQ" }).click());',
      'await step("close the page", () => page2.close());',
    ]);
  });

  test("secrets are left out: password fields, the identity's own, and locators that show it", () => {
    const secret = "s3cret-word";
    const text = source(
      [
        {
          ...action({ name: "fill", text: "hunter2", locator: role("textbox", "PIN") }),
          intoSecretField: true,
        },
        action({ name: "fill", text: secret, locator: role("textbox", "Note") }),
        action({ name: "click", locator: role("link", `Signed in with ${secret}`) }),
        action({ name: "navigate", url: `https://app.acme.example/u/${secret}` }),
      ],
      [secret],
    );
    expect(text).not.toMatch(/hunter2|s3cret-word/);
    expect(text.match(/\/\/ Left out: /g)).toHaveLength(4);
  });
});

test("whatever a page's names and what is typed hold, the flow is one that can be read, and holds no secret", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("`${x}`", "*/", "\u2028", "\n//", '"', "\\", "</script>"),
  );
  const recorded = fc.record({
    name: fc.constantFrom(
      "click",
      "fill",
      "press",
      "check",
      "select",
      "navigate",
      "setInputFiles",
      "assertText",
      "other",
    ),
    pageGuid: fc.constantFrom("page@1", "page@2"),
    locator: fc.record({
      kind: fc.constantFrom("role", "text", "label", "default", "test-id", "nth", "has-text", "strange"),
      body: words,
      options: fc.record({ name: words, exact: fc.boolean() }),
    }),
    text: words,
    key: words,
    url: fc.webUrl(),
    files: fc.array(words, { maxLength: 1 }),
    options: fc.array(words, { maxLength: 2 }),
    signals: fc.array(
      fc.record({
        name: fc.constantFrom("download", "popup", "dialog"),
        popupPageGuid: fc.constant("page@2"),
      }),
      { maxLength: 2 },
    ),
  });
  fc.assert(
    fc.property(fc.array(recorded, { maxLength: 6 }), words, (fields, secret) => {
      const isSecret = (text: string) => secret.length > 3 && text.includes(secret);
      const text = flowSource({ actions: fields.map(action), sourceUrl, isSecret });
      expect(() => stripTypeScriptTypes(text)).not.toThrow();
      expect(
        text
          .split("\n")
          .filter((line) => /await |\/\/ /.test(line))
          .every((line) => !isSecret(line)),
      ).toBe(true);
      expect(flowSource({ actions: fields.map(action), sourceUrl, isSecret })).toBe(text);
    }),
  );
});
