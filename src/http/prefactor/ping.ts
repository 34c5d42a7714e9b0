import { z } from "zod";
import { defineRoute } from "../define-route.ts";
import { succeeded } from "./envelope.ts";

export const ping = defineRoute({
  method: "GET",
  url: "/api/v1/ping",
  access: "read",
  tag: "prefactor: ping",
  summary: "Whether the key is good",
  responses: { 200: z.object({ status: z.literal("success") }) },
  handler: async () => succeeded({}),
});
