import { z } from "zod";
import { locatorSchema } from "./locator.ts";

/** One thing done in the recorded pages, as Playwright's recorder tells it. */
export const actionSchema = z.object({
  name: z.string(),
  pageGuid: z.string().default(""),
  locator: locatorSchema.optional(),
  selector: z.string().optional(),
  url: z.string().optional(),
  text: z.string().optional(),
  value: z.string().optional(),
  key: z.string().optional(),
  modifiers: z.number().optional(),
  button: z.string().optional(),
  clickCount: z.number().optional(),
  options: z.array(z.string()).optional(),
  files: z.array(z.string()).optional(),
  signals: z.array(z.object({ name: z.string(), popupPageGuid: z.string().optional() })).default([]),
});

export type RecordedAction = z.output<typeof actionSchema> & {
  /** Typed into a field whose content nobody is to see, or one that could not be looked at any more. */
  intoSecretField?: boolean;
};
