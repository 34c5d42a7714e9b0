import type { RecordedAction } from "./actions.ts";
import { locatorCode, locatorLabel } from "./locator.ts";

export interface Recording {
  actions: readonly RecordedAction[];
  /** The identity's: what is on its origin is written below it. */
  sourceUrl: string;
  /** Whether a text holds a secret of the identity's, or its username. */
  isSecret: (text: string) => boolean;
}

/** What one action becomes: a step with its code, or a note where it cannot be one. */
type Line = { step: string; code: string; result?: string } | { note: string };

/** A recording as a flow file. The same recording always gives the same text. */
export function flowSource({ actions, sourceUrl, isSecret }: Recording): string {
  const pages = new Map<string, string>();
  const lines = withoutFocusing(actions).map((action) => {
    const line = lineOf(action, { page: pageName(pages, action.pageGuid), sourceUrl, isSecret, pages });
    // Whatever it is made of: a locator may show the username.
    const shown = line === undefined ? "" : printed(line);
    return isSecret(shown) ? { note: leftOut(action.name, "it shows what belongs to the identity") } : line;
  });
  const kept = lines.filter((line) => line !== undefined);
  const used = (name: string) =>
    kept.some((line) => "code" in line && new RegExp(`\\b${name}\\b`).test(line.code));
  const tools = [
    "page",
    ...["identity", "files"].filter(used),
    ...(kept.some((line) => "step" in line) ? ["step"] : []),
  ];
  const host = new URL(sourceUrl).hostname;
  return `import { defineFlow } from "latchkey";

export default defineFlow({
  description: ${JSON.stringify(`Recorded at ${host}: say here what it does`)},

  async run({ ${tools.join(", ")} }) {
${kept.map(printed).join("\n")}
    return { url: page.url() };
  },
});
`;
}

function printed(line: Line): string {
  if ("note" in line) return `    // ${line.note.replace(/\s+/g, " ")}`;
  const name = line.result === undefined ? "" : `const ${line.result} = `;
  return `    ${name}await step(${JSON.stringify(line.step)}, ${line.code});`;
}

/** A click that only puts the cursor where something is typed next says nothing. */
function withoutFocusing(actions: readonly RecordedAction[]): RecordedAction[] {
  return actions.filter((action, index) => {
    const next = actions[index + 1];
    const typed = next?.name === "fill" || next?.name === "select" || next?.name === "check";
    return !(action.name === "click" && typed && action.selector === next.selector);
  });
}

function pageName(pages: Map<string, string>, guid: string): string {
  const name = pages.get(guid) ?? (pages.size === 0 ? "page" : `page${pages.size + 1}`);
  pages.set(guid, name);
  return name;
}

interface Writing {
  page: string;
  pages: Map<string, string>;
  sourceUrl: string;
  isSecret: (text: string) => boolean;
}

/** What an action would be called, for whoever watches the recording: nothing of what is typed. */
export function actionLabel({ name, locator, url }: RecordedAction): string {
  const what = locator === undefined ? URL.parse(url ?? "")?.pathname : locatorLabel(locator);
  return `${name === "navigate" ? "open" : name}${what === undefined ? "" : ` ${what}`}`;
}

function lineOf(action: RecordedAction, writing: Writing): Line | undefined {
  const { page, sourceUrl } = writing;
  if (action.name === "openPage") return undefined;
  if (action.name === "closePage")
    return page === "page" ? undefined : { step: "close the page", code: `() => ${page}.close()` };
  if (action.name === "navigate") return navigation(action.url ?? "", page, sourceUrl);
  if (action.locator === undefined) return { note: leftOut(action.name, "it has no place on the page") };
  const code = locatorCode(action.locator);
  const label = locatorLabel(action.locator);
  if (code === undefined)
    return { note: leftOut(action.name, "its locator is of a kind that is not known here") };
  return onElement(
    action,
    { target: `${page}.${code}`, what: label === undefined ? "" : ` "${label}"` },
    writing,
  );
}

function onElement(
  action: RecordedAction,
  { target, what }: { target: string; what: string },
  { page, pages, isSecret }: Writing,
): Line {
  const { name, text = "", key = "" } = action;
  switch (name) {
    case "click":
      return click(action, { target, what, page, pages });
    case "fill":
      if (action.intoSecretField === true)
        return { note: leftOut(`fill${what}`, "a field for a secret: signing in is Latchkey's part") };
      if (isSecret(text)) return { note: leftOut(`fill${what}`, "it is the identity's own") };
      return { step: `fill${what}`, code: `() => ${target}.fill(${JSON.stringify(text)})` };
    case "press": {
      const keys = [...modifierNames(action.modifiers ?? 0), key].join("+");
      return {
        step: `press ${keys}${what === "" ? "" : ` in${what}`}`,
        code: `() => ${target}.press(${JSON.stringify(keys)})`,
      };
    }
    case "check":
    case "uncheck":
    case "hover":
      return { step: `${name}${what}`, code: `() => ${target}.${name}()` };
    case "select":
      return {
        step: `choose in${what}`,
        code: `() => ${target}.selectOption(${JSON.stringify(action.options ?? [])})`,
      };
    case "setInputFiles":
      return {
        note: `Give it its file: await files.upload(${target}, [{ name: ${JSON.stringify(action.files?.[0] ?? "file")}, content }]);`,
      };
    case "assertText":
      return {
        step: `see${what}`,
        code: `() => ${target}.filter({ hasText: ${JSON.stringify(text)} }).waitFor()`,
      };
    case "assertVisible":
    case "assertChecked":
    case "assertValue":
    case "assertSnapshot":
      return { step: `see${what}`, code: `() => ${target}.waitFor()` };
    default:
      return { note: leftOut(name, "it is not known here") };
  }
}

function click(
  { button, clickCount = 1, modifiers = 0, signals }: RecordedAction,
  { target, what, page, pages }: { target: string; what: string; page: string; pages: Map<string, string> },
): Line {
  const keys = modifierNames(modifiers);
  const options = [
    ...(button === undefined || button === "left" ? [] : [`button: ${JSON.stringify(button)}`]),
    ...(keys.length === 0 ? [] : [`modifiers: ${JSON.stringify(keys)}`]),
    ...(clickCount > 2 ? [`clickCount: ${clickCount}`] : []),
  ];
  const method = clickCount === 2 ? "dblclick" : "click";
  const call = `${target}.${method}(${options.length === 0 ? "" : `{ ${options.join(", ")} }`})`;
  if (signals.some(({ name }) => name === "download")) {
    const start = options.length === 0 && method === "click" ? target : `() => ${call}`;
    return { step: `download${what}`, code: `() => files.download(${page}, ${start})` };
  }
  const popup = signals.find(({ name }) => name === "popup")?.popupPageGuid;
  const dismiss = signals.some(({ name }) => name === "dialog")
    ? `${page}.once("dialog", (dialog) => dialog.dismiss()); `
    : "";
  if (popup !== undefined) {
    const opened = `const opened = ${page}.waitForEvent("popup"); await ${call}; return opened;`;
    return {
      step: `open${what}`,
      code: `async () => { ${dismiss}${opened} }`,
      result: pageName(pages, popup),
    };
  }
  if (dismiss !== "") return { step: `click${what}`, code: `async () => { ${dismiss}await ${call}; }` };
  return { step: `click${what}`, code: `() => ${call}` };
}

/** Parameters that carry a site's tokens, by name; or by length, which no word reaches. */
const tokenName = /token|session|auth|key|sig|code|state|nonce|ticket|csrf/i;
const longestWord = 24;

function navigation(address: string, page: string, sourceUrl: string): Line | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  for (const [name, value] of url.searchParams.entries().toArray())
    if (tokenName.test(name) || value.length > longestWord) url.searchParams.delete(name);
  const path = `${url.pathname}${url.search}`;
  const target =
    url.origin === new URL(sourceUrl).origin
      ? `new URL(${JSON.stringify(path)}, identity.sourceUrl).href`
      : JSON.stringify(`${url.origin}${path}`);
  return { step: `open ${url.pathname}`, code: `() => ${page}.goto(${target})` };
}

function leftOut(what: string, why: string): string {
  return `Left out: ${what} (${why}).`;
}

/** As Playwright's recorder counts them. */
function modifierNames(modifiers: number): string[] {
  return [
    ...((modifiers & 1) === 0 ? [] : ["Alt"]),
    ...((modifiers & 6) === 0 ? [] : ["ControlOrMeta"]),
    ...((modifiers & 8) === 0 ? [] : ["Shift"]),
  ];
}
