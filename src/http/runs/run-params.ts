import { z } from "zod";

/** The run a path names. */
export const runParams = z.object({ id: z.uuid() });
