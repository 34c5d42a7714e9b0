import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { safeFileName } from "../../../file-name.ts";
import { type Call, defineRoute } from "../../define-route.ts";
import { keepUpload } from "./keep-upload.ts";
import { sessionParams, sessionTag } from "./session.ts";

const mostFileBytes = 100 * 1024 ** 2;

const uploading = {
  method: "POST",
  access: "admin",
  tag: sessionTag,
  summary: "Hand a file to the session's browser",
  description:
    "As `multipart/form-data`, in the field `file`. Afterwards a file input can be given it over CDP by its bare name. A file may have 100 MiB; all of a session's, 1 GiB in 200 files.",
  mostFileBytes,
  params: sessionParams,
  responses: {
    200: z.object({ data: z.object({ status: z.string(), message: z.string() }) }),
  },
  failures: ["not_found", "session_ended", "conflict", "request_too_large"],
} as const;

export const uploadFile = defineRoute({
  ...uploading,
  url: "/v1/sessions/:id/uploads",
  handler: (call) => keepFile(call),
});

/** To the same place: the agent that Anchor means here is whoever drives the browser. */
export const uploadAgentFile = defineRoute({
  ...uploading,
  url: "/v1/sessions/:id/agent/files",
  handler: (call) => keepFile(call),
});

async function keepFile({
  deps,
  params: { id },
  caller: { project },
  request,
}: Pick<
  Call<z.output<typeof sessionParams>, unknown, unknown, unknown, "admin">,
  "deps" | "params" | "caller" | "request"
>) {
  const live = await deps.sessions.live(project, id);
  const file = await request.file();
  if (file === undefined) throw new Failure("invalid_argument", "There is no file in the field `file`.");
  const name = safeFileName(file.filename);
  await keepUpload(file.file, { folder: live.uploadsDir, name, mostFileBytes });
  return { status: 200 as const, body: { data: { status: "success", message: `Uploaded as ${name}` } } };
}
