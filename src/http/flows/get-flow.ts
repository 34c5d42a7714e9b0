import { z } from "zod";
import { defineRoute } from "../define-route.ts";
import { flowSchema, viewFlow } from "./view-flow.ts";

const part = z.string().min(1).max(100);

export const getFlow = defineRoute({
  method: "GET",
  url: "/v1/flows/:site/:flow",
  access: "read",
  tag: "flows",
  summary: "Get a flow",
  params: z.object({ site: part, flow: part }),
  responses: { 200: flowSchema },
  failures: ["unknown_flow"],
  async handler({ deps: { catalogue }, params: { site, flow } }) {
    const name = `${site}/${flow}`;
    return { status: 200, body: viewFlow(name, catalogue.flow(name)) };
  },
});
