import { Pointer } from "rfc6902";
import { z } from "zod";
import { KratosRefusal } from "./refusal.ts";

/** A patch of RFC 6902 as clients send it; what is wrong with one is told by `applyPatch`. */
export const patchSchema = z.array(
  z.looseObject({ op: z.string().optional(), path: z.string().optional(), value: z.unknown().optional() }),
);
export type JsonPatch = z.output<typeof patchSchema>;

type Container = Record<string, unknown> | unknown[];

/** Paths that a patch may not touch, whatever their case. */
const denied = /^\/(?:id|statechangedat|credentials|credentials\/(?:oidc|saml)(?:\/.*)?)$/i;
const supported = new Set(["add", "remove", "replace"]);
/** Each may move a whole list: so many of them are done before anybody else has to wait. */
const mostOperations = 1_000;
/** What is nested deeper is no identity's. */
const mostDepth = 64;

/**
 * Applies a patch to a copy of a document. Beyond RFC 6902 it is as lenient as Kratos: what `replace` does not find is
 * added, with the objects on the way to it. Only `add`, `remove` and `replace` are known.
 * @throws KratosRefusal 400
 */
export function applyPatch(document: object, patch: JsonPatch): Record<string, unknown> {
  if (patch.length > mostOperations)
    throw unusable(`The maximum number of operations of one patch is ${mostOperations}.`);
  for (const { op = "", path = "" } of patch) {
    if (!supported.has(op)) throw unusable(`unsupported operation: ${op === "" ? "unknown" : op}`);
    if (denied.test(path)) throw unusable(`patch includes denied path: ${path}`);
  }
  const copy = structuredClone(document) as Record<string, unknown>;
  // Later operations change what earlier ones put there: not the patch itself, which may be applied again.
  for (const operation of structuredClone(patch)) apply(copy, operation);
  return copy;
}

function apply(document: Record<string, unknown>, { op = "", path = "", value }: JsonPatch[number]): void {
  const tokens = tokensOf(path);
  const key = tokens.at(-1);
  if (key === undefined) throw unusable("the whole identity cannot be patched");
  // Elements of lists are replaced where they are; all else is put there.
  const isElement = /^(?:-|\d+)$/.test(key);
  const kind = op === "replace" && !isElement ? "add" : op;
  const parent = parentOf(document, { tokens, isMaking: kind === "add" });
  if (parent === undefined) throw missing(op, path);
  if (Array.isArray(parent)) changeList(parent, { kind, key, value, path });
  else if (kind === "add") parent[key] = value ?? null;
  else if (!Object.hasOwn(parent, key)) throw missing(op, path);
  else if (kind === "replace") parent[key] = value ?? null;
  else delete parent[key];
}

function tokensOf(path: string): string[] {
  let pointer: Pointer;
  try {
    pointer = Pointer.fromJSON(path);
  } catch {
    throw unusable(`error parsing patch operations: ${JSON.stringify(path)} is no JSON pointer`);
  }
  const tokens = pointer.tokens.slice(1);
  if (tokens.length > mostDepth) throw unusable("error parsing patch operations: the path is too deep");
  if (tokens.includes("__proto__"))
    throw unusable("error parsing patch operations: the path has a name that JSON may not have here");
  return tokens;
}

function parentOf(
  document: Container,
  { tokens, isMaking }: { tokens: readonly string[]; isMaking: boolean },
): Container | undefined {
  let at: Container = document;
  for (const [index, token] of tokens.slice(0, -1).entries()) {
    const next: unknown = Array.isArray(at)
      ? at[indexIn(at, token) ?? at.length]
      : Object.hasOwn(at, token)
        ? at[token]
        : undefined;
    if (isContainer(next)) at = next;
    else {
      if (!isMaking || Array.isArray(at) || (next !== undefined && next !== null)) return undefined;
      const made: Container = /^(?:-|0)$/.test(tokens[index + 1] ?? "") ? [] : {};
      at[token] = made;
      at = made;
    }
  }
  return at;
}

function changeList(
  items: unknown[],
  { kind, key, value, path }: { kind: string; key: string; value: unknown; path: string },
): void {
  if (kind === "add" && key === "-") {
    items.push(value ?? null);
    return;
  }
  const index = indexIn(items, key);
  const isThere = index !== undefined && index < items.length;
  if (index === undefined || (!isThere && kind !== "add") || index > items.length) throw missing(kind, path);
  if (kind === "add") items.splice(index, 0, value ?? null);
  else if (kind === "replace") items[index] = value ?? null;
  else items.splice(index, 1);
}

function indexIn(items: readonly unknown[], token: string): number | undefined {
  const index = /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined;
  return index !== undefined && index <= items.length ? index : undefined;
}

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

const missing = (op: string, path: string) =>
  unusable(`${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);

const unusable = (message: string) =>
  new KratosRefusal("invalid_argument", { message, reason: "failed to apply JSON patch" });
