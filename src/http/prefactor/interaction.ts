import { z } from "zod";
import type { Sighting } from "../../identity/types.ts";

/** When and from where an identity was used. */
export const interactionSchema = z
  .object({
    at: z.int().meta({ description: "Unix time, in seconds." }),
    remote_ip: z.string().nullable().meta({ description: "Null where it is not known." }),
    user_agent: z.string().nullable().meta({ description: "Null where it is not known." }),
  })
  .meta({ id: "PrefactorInteraction" });

export function showSighting(sighting: Sighting | null): z.input<typeof interactionSchema> | null {
  if (sighting === null) return null;
  return {
    at: Math.floor(Date.parse(sighting.at) / 1_000),
    remote_ip: sighting.address,
    user_agent: sighting.userAgent,
  };
}
