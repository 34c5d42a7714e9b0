import { z } from "zod";
import { defineRoute } from "../define-route.ts";
import { flowSchema, viewFlow } from "./view-flow.ts";

export const listFlows = defineRoute({
  method: "GET",
  url: "/v1/flows",
  access: "read",
  tag: "flows",
  summary: "List the flows, with the schemas of their input and output",
  responses: { 200: z.object({ items: z.array(flowSchema) }) },
  async handler({ deps: { catalogue } }) {
    const items = [...catalogue.flows].map(([name, flow]) => viewFlow(name, flow));
    return { status: 200, body: { items } };
  },
});
