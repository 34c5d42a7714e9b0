import { z } from "zod";
import { expected } from "./failure-words.ts";

const defaultPageSize = 20;
const mostPageSize = 100;
/** No project has as many; it keeps numbers within what the database counts with. */
const mostOffset = 1_000_000_000;

const number = (what: string, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, `is not ${what}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is not ${what}`)
    .optional();

/** The parameters of a list's query that choose the page. */
export const paginationQuery = {
  "pagination[offset]": number(`a number from 0 to ${mostOffset}`, 0, mostOffset).meta({
    description: "How many are passed over; 0 unless given.",
  }),
  "pagination[page_size]": number(`a number from 1 to ${mostPageSize}`, 1, mostPageSize).meta({
    description: `1 to ${mostPageSize}; ${defaultPageSize} unless given.`,
  }),
};

export interface Page {
  offset: number;
  size: number;
}

/** The page that a query asks for. */
export function pageOf(query: {
  "pagination[offset]"?: number | undefined;
  "pagination[page_size]"?: number | undefined;
}): Page {
  return {
    offset: query["pagination[offset]"] ?? 0,
    size: query["pagination[page_size]"] ?? defaultPageSize,
  };
}

const count = z.int().min(0);

export const paginationSchema = z
  .object({
    item_count: count.meta({ description: "Of all pages." }),
    item_start: count.meta({ description: "The first of this page, from 1; 0 where the page is empty." }),
    item_end: count.meta({ description: "The last of this page." }),
    page_count: count,
    page_index: count.meta({ description: "From 1." }),
    page_offset: count.meta({ description: "How many were passed over." }),
    page_size: count,
    next_page_offset: count.nullable(),
    previous_page_offset: count.nullable(),
  })
  .meta({ id: "PrefactorPagination" });

/** A page among `total`: where it begins and ends, and what to ask for next. */
export function describePage({ offset, size }: Page, total: number): z.input<typeof paginationSchema> {
  const end = Math.min(offset + size, total);
  const isEmpty = offset >= total;
  return {
    item_count: total,
    item_start: isEmpty ? 0 : offset + 1,
    item_end: isEmpty ? 0 : end,
    page_count: Math.ceil(total / size),
    page_index: Math.floor(offset / size) + 1,
    page_offset: offset,
    page_size: size,
    next_page_offset: offset + size < total ? offset + size : null,
    // From past the end, back to the last items there are.
    previous_page_offset: offset === 0 ? null : Math.max(0, Math.min(offset, total) - size),
  };
}

/** The field of a list's query that names its order: `title`, or `-title` for the other way round. */
export function sortingQuery<const Field extends string>(fields: readonly Field[]) {
  return z
    .string({ error: expected("text") })
    .transform((text, context) => {
      const field = fields.find((name) => name === text.replace(/^-/, ""));
      if (field !== undefined)
        return { field, direction: text.startsWith("-") ? ("desc" as const) : ("asc" as const) };
      context.addIssue({
        code: "custom",
        message: `is not one of ${fields.join(", ")}, nor one of them after a minus sign`,
      });
      return z.NEVER;
    })
    .optional()
    .meta({ description: `${fields.join(", ")}; with a minus sign before it, the other way round.` });
}

export function sortingSchema<const Field extends string>(fields: readonly [Field, ...Field[]]) {
  return z.object({ direction: z.enum(["asc", "desc"]), field: z.enum(fields) });
}
