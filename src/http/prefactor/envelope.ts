import { z } from "zod";
import { paginationSchema } from "./pagination.ts";

const success = z.literal("success");

/** An answer that what was asked for is done. */
export const succeeded = <Members extends object>(members: Members) => ({
  status: 200 as const,
  body: { status: "success" as const, ...members },
});

/** The answer about one thing, in full. */
export const detailsAnswer = <Details extends z.ZodType>(details: Details) =>
  z.object({ status: success, details });

/** The same with what may be done to it. */
export const fetchAnswer = <Details extends z.ZodType>(details: Details) =>
  z.object({
    status: success,
    actions: z.object({ update: z.boolean(), delete: z.boolean() }).meta({
      description: "What the key that asked may do to it.",
    }),
    details,
  });

/** A page of a list. */
export const listAnswer = <Summary extends z.ZodType, Sorting extends z.ZodType>(
  summary: Summary,
  sorting: Sorting,
) => z.object({ status: success, summaries: z.array(summary), pagination: paginationSchema, sorting });
