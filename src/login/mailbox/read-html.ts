import { decodeEntities } from "./decode-entities.ts";
import { tidy } from "./tidy.ts";

/** One line of a message as its reader sees it. */
export interface Line {
  text: string;
  /** Height of its largest letters, in CSS pixels. */
  size: number;
}

export interface Link {
  url: string;
  /** What the reader clicks on; the address itself in a plain text. */
  text: string;
  /** What stands before it: the same line, and the one above. */
  before: string;
}

interface Element {
  tag: string;
  hidden: boolean;
  size: number;
}

const ordinarySize = 16;
/** CSS's own sizes of headings: 2em, 1.5em, 1.17em. */
const headings: Record<string, number> = { h1: 32, h2: 24, h3: 19 };
const fontSizes = [10, 13, 16, 18, 24, 32, 48];
const voids = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
const unseen = new Set("head script style template title noscript object svg select".split(" "));
const raw = new Set(["script", "style", "title", "textarea"]);
const blocks = new Set(
  "address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split(
    " ",
  ),
);
/** What a start tag ends that was left open (HTML §13.1.2.4), and where the looking stops. */
const ends: Record<string, { open: readonly string[]; within: string }> = {
  td: { open: ["td", "th"], within: "tr" },
  th: { open: ["td", "th"], within: "tr" },
  tr: { open: ["tr"], within: "table" },
  li: { open: ["li"], within: "ul" },
};

/**
 * The lines and links of an HTML message that its reader sees: without the hidden text that mail programs show in
 * their lists, without what is quoted from an earlier message. Forgiving, as mail is.
 */
export function readHtml(html: string): { lines: Line[]; links: Link[] } {
  const lines: Line[] = [];
  const links: Link[] = [];
  const open: Element[] = [{ tag: "html", hidden: false, size: ordinarySize }];
  let text = "";
  let size = 0;
  let anchor: { url: string; before: string; text: string } | undefined;

  const current = () => open.at(-1) ?? { tag: "html", hidden: false, size: ordinarySize };

  function endLine(): void {
    const tidied = tidy(text);
    if (tidied !== "") lines.push({ text: tidied, size });
    text = "";
    size = 0;
    if (anchor !== undefined) anchor.text += " ";
  }

  function show(words: string): void {
    const element = current();
    if (element.hidden) return;
    text += words;
    if (anchor !== undefined) anchor.text += words;
    if (words.trim() !== "") size = Math.max(size, element.size);
  }

  function endAnchor(): void {
    if (anchor !== undefined) links.push({ ...anchor, text: tidy(anchor.text) });
    anchor = undefined;
  }

  function closeFrom(at: number): void {
    for (const { tag } of open.splice(at)) {
      if (tag === "a") endAnchor();
      if (blocks.has(tag)) endLine();
    }
  }

  function close(tag: string): void {
    const at = open.findLastIndex((element) => element.tag === tag);
    if (at > 0) closeFrom(at);
  }

  for (const token of tokensOf(html)) {
    if (token.kind === "text") {
      show(decodeEntities(token.text).replaceAll(/\s+/g, " "));
      continue;
    }
    const { tag, attributes } = token;
    if (token.kind === "end") {
      if (tag === "p" && open.every((element) => element.tag !== "p")) endLine();
      close(tag);
      continue;
    }
    const ended = ends[tag];
    if (ended !== undefined) {
      const at = open.findLastIndex((element) => [...ended.open, ended.within].includes(element.tag));
      if (at > 0 && ended.open.includes(open[at]?.tag ?? "")) closeFrom(at);
    }
    if (blocks.has(tag) && current().tag === "p") close("p");
    if (blocks.has(tag) || tag === "br") endLine();
    // Cells stand beside each other: the digits of a code, say.
    if (tag === "td" || tag === "th") show(" ");
    if (tag === "img") show(` ${decodeEntities(attributes["alt"] ?? "")} `);
    if (tag === "a" && !current().hidden && attributes["href"] !== undefined) {
      endAnchor();
      anchor = {
        url: decodeEntities(attributes["href"]).trim(),
        before: `${lines.at(-1)?.text ?? ""} ${tidy(text)}`,
        text: "",
      };
    }
    if (voids.has(tag) || token.closed) continue;
    open.push({
      tag,
      hidden: current().hidden || isHidden(tag, attributes),
      size: sizeOf(tag, attributes, current().size),
    });
  }
  closeFrom(1);
  endAnchor();
  endLine();
  return { lines, links: links.filter(({ url }) => url !== "") };
}

function isHidden(tag: string, attributes: Record<string, string>): boolean {
  if (unseen.has(tag) || attributes["hidden"] !== undefined) return true;
  const { class: names = "", type = "", style = "" } = attributes;
  if ((tag === "blockquote" && type === "cite") || /gmail_quote|yahoo_quoted|moz-cite-prefix/.test(names))
    return true;
  return /display:none|visibility:hidden|mso-hide:all|(?:^|;)(?:opacity|max-height|font-size):0(?:\.0+)?(?:px|em|%)?(?:;|!|$)|font-size:1px/.test(
    style.toLowerCase().replaceAll(/\s+/g, ""),
  );
}

function sizeOf(tag: string, attributes: Record<string, string>, around: number): number {
  const own =
    headings[tag] ?? (tag === "font" ? fontSizes[Number(attributes["size"]) - 1] : undefined) ?? around;
  const [, amount, unit] =
    /(?:^|[;\s])font(?:-size)?\s*:[^;]*?(\d+(?:\.\d+)?)(px|pt|rem|em|%)/i.exec(attributes["style"] ?? "") ??
    [];
  if (amount === undefined) return own;
  const factors: Record<string, number> = {
    px: 1,
    pt: 4 / 3,
    rem: ordinarySize,
    em: around,
    "%": around / 100,
  };
  return Number(amount) * (factors[unit?.toLowerCase() ?? "px"] ?? 1);
}

type Token =
  | { kind: "text"; text: string }
  | { kind: "start" | "end"; tag: string; attributes: Record<string, string>; closed: boolean };

/** No tag is longer; what never ends is text. It keeps the reading linear. */
const longestTag = 8_192;

function* tokensOf(html: string): Generator<Token> {
  let at = 0;
  while (at < html.length) {
    const start = html.indexOf("<", at);
    if (start !== at) yield { kind: "text", text: html.slice(at, start === -1 ? html.length : start) };
    if (start === -1) return;
    const after = commentEnd(html, start);
    if (after !== undefined) {
      at = after;
      continue;
    }
    const end = /^<\/?[a-z]/i.test(html.slice(start, start + 3)) ? tagEnd(html, start) : -1;
    if (end === -1) {
      yield { kind: "text", text: "<" };
      at = start + 1;
      continue;
    }
    const token = readTag(html.slice(start, end));
    yield token;
    at = end;
    if (token.kind === "start" && raw.has(token.tag) && !token.closed) {
      const closing = new RegExp(`</${token.tag}`, "gi");
      closing.lastIndex = end;
      at = closing.exec(html)?.index ?? html.length;
    }
  }
}

/** Where a comment, a doctype or a processing instruction ends. */
function commentEnd(html: string, start: number): number | undefined {
  if (html.startsWith("<!--", start)) {
    const end = html.indexOf("-->", start + 4);
    return end === -1 ? html.length : end + 3;
  }
  if (!html.startsWith("<!", start) && !html.startsWith("<?", start)) return undefined;
  const end = html.indexOf(">", start);
  return end === -1 ? html.length : end + 1;
}

function tagEnd(html: string, start: number): number {
  let quote = "";
  const last = Math.min(html.length, start + longestTag);
  for (let at = start + 1; at < last; at += 1) {
    const character = html[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") return at + 1;
    else if ((character === '"' || character === "'") && /[=\s]/.test(html[at - 1] ?? "")) quote = character;
  }
  return -1;
}

function readTag(source: string): Token & { kind: "start" | "end" } {
  const [head = "", slash = "", tag = ""] = /^<(\/?)([^\s/>]+)/.exec(source) ?? [];
  const attributes: Record<string, string> = {};
  for (const [, name = "", double, single, bare] of source
    .slice(head.length, -1)
    .matchAll(/([^\s=/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'][^\s]*)))?/g))
    attributes[name.toLowerCase()] ??= double ?? single ?? bare ?? "";
  return {
    kind: slash === "" ? "start" : "end",
    tag: tag.toLowerCase(),
    attributes,
    closed: source.endsWith("/>") && !/=[^\s"']+\/>$/.test(source),
  };
}
