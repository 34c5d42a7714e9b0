import { z } from "zod";
import { expected } from "./failure-words.ts";

export const metadataSchema = z
  .record(z.string(), z.string({ error: expected("text") }), { error: expected("an object of texts") })
  .refine((metadata) => JSON.stringify(metadata).length <= 65_536, "is larger than 64 KiB");
export const textsSchema = z.record(z.string(), z.string());

type Metadata = Readonly<Record<string, unknown>>;

/** Metadata as texts: what another API stored as something else is shown as its JSON. */
export function showMetadata(metadata: Metadata | null): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, textOf(value)]));
}

/**
 * What is to be stored of metadata given as texts. A value that comes back as it was shown stays what it is, or a client
 * that changes one key would turn the numbers of the others into texts.
 */
export function readMetadata(given: Readonly<Record<string, string>>, present: Metadata | null): Metadata {
  return Object.fromEntries(
    Object.entries(given).map(([key, text]) => {
      const before = present !== null && Object.hasOwn(present, key) ? present[key] : undefined;
      return [key, before !== undefined && textOf(before) === text ? before : text];
    }),
  );
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
