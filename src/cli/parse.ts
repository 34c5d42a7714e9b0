import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An option's value as JSON. What the parser has to say is left out: it quotes the input. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new InvalidArgumentError("It is not JSON.");
  }
}

/** A file's content as JSON; `-` is standard input. */
export function parseJsonFile(path: string): Json {
  let text: string;
  try {
    text = readFileSync(path === "-" ? 0 : path, "utf8");
  } catch {
    throw new InvalidArgumentError("The file cannot be read.");
  }
  return parseJson(text);
}

export function parseObject(text: string): Record<string, Json> {
  return objectIn(parseJson(text));
}

function objectIn(value: Json): Record<string, Json> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError("It is not a JSON object.");
}

/** An object as JSON, in the argument itself or in the file that it names; `-` is standard input. */
export function parseObjectOrFile(text: string): Record<string, Json> {
  if (text.trimStart().startsWith("{")) return parseObject(text);
  return objectIn(parseJsonFile(text));
}

export function parseMilliseconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is not a whole number of milliseconds.");
  return Number(text);
}

/** A parser of whole numbers from 1 to `most`. */
export function parseCount(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) {
      throw new InvalidArgumentError(`It is not a whole number from 1 to ${most.toLocaleString("en")}.`);
    }
    return count;
  };
}

/** Where a service answers. */
export function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError("It is not an http or https URL.");
  if (url.username !== "" || url.password !== "")
    throw new InvalidArgumentError("The key belongs in LATCHKEY_API_KEY, not in the URL.");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
