import { Parser } from "htmlparser2";
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

const chunk = 16_384;
const deepest = 2_000;
const ordinarySize = 16;
/** CSS's own sizes of headings: 2em, 1.5em, 1.17em. */
const headings: Record<string, number> = { h1: 32, h2: 24, h3: 19 };
const fontSizes = [10, 13, 16, 18, 24, 32, 48];
const unseen = new Set("head script style template title noscript object svg select".split(" "));
const blocks = new Set(
  "address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul".split(
    " ",
  ),
);

/**
 * The lines and links of an HTML message that its reader sees: without the hidden text that mail programs show in
 * their lists, without what is quoted from an earlier message. Forgiving, as mail is.
 */
export function readHtml(html: string): { lines: Line[]; links: Link[] } {
  const lines: Line[] = [];
  const links: Link[] = [];
  const open: Element[] = [];
  let text = "";
  let size = 0;
  let anchor: { url: string; before: string; text: string } | undefined;

  const current = () => open.at(-1) ?? { tag: "html", hidden: false, size: ordinarySize };

  function endLine(): void {
    const tidied = text === "" ? "" : tidy(text);
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

  const parser = new Parser({
    ontext: (words) => show(words.replaceAll(/\s+/g, " ")),
    onopentag(tag, attributes) {
      if (blocks.has(tag) || tag === "br") endLine();
      // Cells stand beside each other: the digits of a code, say.
      if (tag === "td" || tag === "th") show(" ");
      if (tag === "img") show(` ${attributes["alt"] ?? ""} `);
      if (tag === "a" && !current().hidden && attributes["href"] !== undefined) {
        endAnchor();
        anchor = {
          url: attributes["href"].trim(),
          before: `${lines.at(-1)?.text ?? ""} ${tidy(text)}`,
          text: "",
        };
      }
      open.push({
        tag,
        hidden: current().hidden || isHidden(tag, attributes),
        size: sizeOf(tag, attributes, current().size),
      });
    },
    onclosetag(tag) {
      open.pop();
      if (tag === "a") endAnchor();
      if (blocks.has(tag)) endLine();
    },
  });
  // Nesting that only an attacker writes would cost time by its square: what stands deeper is not read.
  for (let at = 0; at < html.length && open.length < deepest; at += chunk)
    parser.write(html.slice(at, at + chunk));
  parser.end();
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
