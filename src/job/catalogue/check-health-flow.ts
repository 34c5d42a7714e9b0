import { z } from "zod";
import { defineFlow } from "../../flow.ts";

/**
 * The flow that looks whether an identity is still signed in. Its saved state is tried first, without credentials;
 * see run/look.ts for what happens when it has lapsed.
 */
export const checkHealthFlowName = "latchkey/check-health";

export const checkHealthInput = z
  .strictObject({
    /** Whether it may be signed in again, if it can be unattended. */
    reauthenticate: z.boolean().default(true),
  })
  .prefault({});

/** Does its work before it begins: where it runs, the page is signed in. */
export const checkHealthFlow = defineFlow({
  description: "Look whether the saved state still signs in, and renew it where it has lapsed",
  input: checkHealthInput,
  async run({ identity }) {
    return { identityId: identity.id, signedIn: true };
  },
});
