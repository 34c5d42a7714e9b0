import { z } from "zod";
import { handInCode as handIn } from "../../job/hand-in-code.ts";
import { Secret } from "../../secret.ts";
import { defineRoute } from "../define-route.ts";
import { runParams } from "./run-params.ts";
import { runSchema, viewRun } from "./view-run.ts";

const text = z.string().min(1).max(2_000);

export const handInCode = defineRoute({
  method: "POST",
  url: "/v1/runs/:id/code",
  access: "submit",
  tag: "runs",
  summary: "Hand in a one-time code, or the link that was sent",
  description:
    "For a run whose login waits for it, or soon will. It is sealed, used once, and stands in no log.",
  params: runParams,
  body: z
    .strictObject({ code: text.optional(), link: text.optional() })
    .refine(({ code, link }) => (code === undefined) !== (link === undefined), "give either code or link")
    .meta({ id: "HandInCode" }),
  responses: { 202: runSchema },
  failures: ["not_found", "conflict"],
  async handler({ deps, params, body: { code, link }, caller }) {
    const secret = new Secret((code ?? link ?? "").trim());
    deps.redactor.add(secret);
    const run = await handIn(deps, {
      project: caller.project,
      runId: params.id,
      code: secret,
      actor: { name: `key:${caller.keyId}`, runId: params.id },
    });
    return { status: 202, body: viewRun(run, deps) };
  },
});
