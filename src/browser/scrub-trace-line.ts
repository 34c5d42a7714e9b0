import { withoutQueries } from "./plain-url.ts";

/** What a trace's records tell about the rest of it. */
export interface TraceContents {
  /** Values of cookies and authorizations that were sent or set. */
  values: Set<string>;
  /** Files that a picture of a page needs: style sheets, images, fonts. */
  pictures: Set<string>;
}

const sensitiveHeader =
  /^(cookie|set-cookie2?|(proxy-)?authorization|.*(token|secret|csrf|xsrf|api-?key|session).*)$/i;
const pictureType = /^(stylesheet|image|font|media)$/;
/** Shorter values — "1", "en-US", "dark" — are no secrets, and taking them out everywhere would garble the trace. */
const leastLength = 8;

const secretInput = /\btype="(password|hidden)"|\bautocomplete="[^"]*(password|one-time-code)/i;

/** Attributes that hold URLs, which may be relative to the page. */
const urlAttributes = new Set([
  "href",
  "src",
  "action",
  "formaction",
  "poster",
  "srcset",
  "data",
  "__playwright_src__",
]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** First pass: gathers from one line of a record what the second needs to know. */
export function noteTraceContents(line: string, contents: TraceContents): void {
  const record = parse(line);
  const snapshot = asObject(asObject(record)?.["snapshot"]);
  if (snapshot === undefined) return;
  for (const message of [asObject(snapshot["request"]), asObject(snapshot["response"])]) {
    for (const { name, value } of namedValues(message?.["cookies"])) if (name !== "") note(value, contents);
    for (const { name, value } of namedValues(message?.["headers"])) noteHeader(name, value, contents);
  }
  const resourceType = snapshot["_resourceType"];
  const file = asObject(asObject(snapshot["response"])?.["content"])?.["_file"];
  if (typeof file === "string" && typeof resourceType === "string" && pictureType.test(resourceType))
    contents.pictures.add(file);
  for (const override of asArray(snapshot["resourceOverrides"])) {
    const overriding = asObject(override)?.["file"];
    if (typeof overriding === "string") contents.pictures.add(overriding);
  }
}

function noteHeader(name: string, value: string, contents: TraceContents): void {
  if (!sensitiveHeader.test(name)) return;
  if (/^(cookie|set-cookie)$/i.test(name)) {
    const pairs = /^cookie$/i.test(name)
      ? value.split("; ")
      : value.split("\n").map((one) => one.split(";")[0] ?? "");
    for (const pair of pairs) note(pair.slice(pair.indexOf("=") + 1), contents);
  } else {
    note(value, contents);
    note(value.replace(/^\S+\s+/, ""), contents);
  }
}

function note(value: string, contents: TraceContents): void {
  const trimmed = value.trim().replace(/^"(.*)"$/, "$1");
  if (trimmed.length >= leastLength) contents.values.add(trimmed);
}

/**
 * Second pass: one line of a record without cookies, authorizations, posted data, query strings and the values of
 * password and hidden fields.
 */
export function scrubTraceLine(line: string): string {
  const record = parse(line);
  // A line that is no JSON is none of Playwright's: nothing is known about it.
  if (record === undefined) return "{}";
  const root = asObject(record);
  const snapshot = asObject(root?.["snapshot"]);
  if (snapshot !== undefined && root?.["type"] === "resource-snapshot") scrubExchange(snapshot);
  if (root?.["type"] === "context-options") scrubContextOptions(root);
  if (snapshot?.["html"] !== undefined) scrubNode(snapshot["html"]);
  return JSON.stringify(record, (_key, value: unknown) =>
    typeof value === "string" ? withoutInputValues(withoutQueries(value)) : value,
  );
}

/** Playwright's log prints the elements it finds, with their attributes. */
function withoutInputValues(text: string): string {
  return text.replace(/<input\b[^>]*>/gi, (element) =>
    secretInput.test(element) ? element.replace(/\bvalue="[^"]*"/g, 'value=""') : element,
  );
}

/** The context's options are recorded whole: the restored state and the proxy among them. */
function scrubContextOptions(root: JsonObject): void {
  const viewport = asObject(root["options"])?.["viewport"];
  root["options"] = viewport === undefined ? {} : { viewport };
}

function scrubExchange(snapshot: JsonObject): void {
  const request = asObject(snapshot["request"]);
  const response = asObject(snapshot["response"]);
  for (const message of [request, response]) {
    if (message === undefined) continue;
    message["cookies"] = [];
    for (const header of asArray(message["headers"]).map(asObject))
      if (header !== undefined && sensitiveHeader.test(asText(header["name"])))
        header["value"] = "[redacted]";
  }
  if (request !== undefined) {
    request["queryString"] = [];
    delete request["postData"];
  }
  if (response === undefined) return;
  const redirect = response["redirectURL"];
  if (typeof redirect === "string") response["redirectURL"] = redirect.replace(/[?#].*$/, "");
  for (const header of asArray(response["headers"]).map(asObject)) {
    const value = header?.["value"];
    if (header !== undefined && /^location$/i.test(asText(header["name"])) && typeof value === "string")
      header["value"] = value.replace(/[?#].*$/, "");
  }
  const content = asObject(response["content"]);
  if (content !== undefined && !pictureType.test(asText(snapshot["_resourceType"]))) {
    delete content["_file"];
    delete content["text"];
  }
}

/** A page's nodes are `[name, attributes, ...children]`; numbers refer to an earlier snapshot's nodes. */
function scrubNode(node: Json): void {
  if (!Array.isArray(node)) return;
  const [name, attributes, ...children] = node;
  const named = asObject(attributes);
  if (typeof name === "string" && named !== undefined) scrubAttributes(name, named);
  for (const child of typeof name === "string" ? children : node) scrubNode(child);
}

function scrubAttributes(name: string, attributes: JsonObject): void {
  const type = asText(attributes["type"]).toLowerCase();
  const autocomplete = asText(attributes["autocomplete"]);
  if (
    name === "INPUT" &&
    (/^(password|hidden)$/.test(type) || /password|one-time-code/i.test(autocomplete))
  ) {
    for (const held of ["value", "__playwright_value_"]) if (held in attributes) attributes[held] = "";
  }
  // Meta elements carry tokens against forged requests, and redirects.
  if (name === "META" && "content" in attributes && attributes["name"] !== "viewport")
    attributes["content"] = "";
  for (const [attribute, value] of Object.entries(attributes))
    if (urlAttributes.has(attribute) && typeof value === "string" && !value.startsWith("#"))
      attributes[attribute] = value.replace(/\?[^\s,]*/g, "");
}

function namedValues(list: Json | undefined): { name: string; value: string }[] {
  return asArray(list).flatMap((item) => {
    const object = asObject(item);
    return object === undefined ? [] : [{ name: asText(object["name"]), value: asText(object["value"]) }];
  });
}

function parse(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function asArray(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
