import { z } from "zod";
import { Failure } from "../../failure.ts";
import { defineRoute, stream } from "../define-route.ts";
import { disposition } from "./disposition.ts";

/** A file came from a site: whatever it holds, it must do nothing in this server's origin. */
const contained = {
  "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "private, no-store",
};

export const getArtifact = defineRoute({
  method: "GET",
  url: "/v1/runs/:id/artifacts/:name",
  access: "read or link",
  tag: "runs",
  summary: "Download a file of a run",
  description: "By the signed link that the run's JSON has, without a key until it expires; or with a key.",
  params: z.object({ id: z.uuid(), name: z.string().min(1).max(500) }),
  query: z.strictObject({
    expires: z.coerce.number().int().min(0).max(9_999_999_999).optional(),
    signature: z.string().max(200).optional(),
  }),
  responses: { 200: stream("application/octet-stream", "The file, with its own content type.") },
  failures: ["not_found"],
  async handler({ deps, params: { id: runId, name }, query: { expires = 0, signature = "" }, caller }) {
    if (caller !== undefined) await deps.runs.get(caller.project, runId);
    else if (!deps.links.isGood({ runId, name }, { expires, signature }))
      throw new Failure(
        "unauthenticated",
        "The link is not good, or has expired: read the run again for a new one.",
      );
    const { stream: body, bytes, contentType } = await deps.artifacts.read(runId, name);
    return {
      status: 200,
      headers: {
        ...contained,
        "content-type": contentType,
        "content-length": String(bytes),
        "content-disposition": disposition({ name, contentType }),
      },
      body,
    };
  },
});
