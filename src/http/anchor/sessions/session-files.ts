import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { SessionFile } from "../../../session/types.ts";
import { defineRoute, stream } from "../../define-route.ts";
import type { HttpDeps } from "../../deps.ts";
import { publicUrl } from "../../public-url.ts";
import { timeSchema } from "../identities/identity.ts";
import { sessionParams, sessionTag } from "./session.ts";

const file = {
  id: z.uuid(),
  created_at: timeSchema,
  file_link: z.string().meta({ description: "Signed: needs no key until it expires." }),
  size: z.int().meta({ description: "In bytes." }),
  suggested_file_name: z.string(),
};

export const sessionDownloads = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/downloads",
  access: "read",
  tag: sessionTag,
  summary: "List what the session's browser downloaded",
  params: sessionParams,
  responses: {
    200: z.object({
      data: z.object({
        count: z.int(),
        items: z.array(
          z.object({
            ...file,
            duration: z.number(),
            origin_url: z.string(),
            original_download_url: z.string(),
            original_file_name: z.string(),
          }),
        ),
      }),
    }),
  },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project }, request }) {
    const files = await deps.sessions.files(project, params.id);
    const items = files
      .filter(({ kind }) => kind === "download")
      .map((each) => ({
        ...shared(each, { deps, request, sessionId: params.id }),
        duration: each.durationMs ?? 0,
        origin_url: each.url ?? "",
        original_download_url: each.url ?? "",
        original_file_name: each.suggestedName,
      }));
    return { status: 200, body: { data: { count: items.length, items } } };
  },
});

export const sessionRecordings = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/recordings",
  access: "read",
  tag: sessionTag,
  summary: "List the session's recordings",
  params: sessionParams,
  responses: {
    200: z.object({
      data: z.object({
        count: z.int(),
        items: z.array(
          z.object({
            ...file,
            duration: z.string().meta({ description: "In seconds." }),
            is_primary: z.boolean(),
          }),
        ),
      }),
    }),
  },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project }, request }) {
    const files = await deps.sessions.files(project, params.id);
    const items = files
      .filter(({ kind }) => kind === "recording")
      .map((each, index) => ({
        ...shared(each, { deps, request, sessionId: params.id }),
        duration: String((each.durationMs ?? 0) / 1_000),
        is_primary: index === 0,
      }));
    return { status: 200, body: { data: { count: items.length, items } } };
  },
});

export const primaryRecording = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/recordings/primary/fetch",
  access: "read",
  tag: sessionTag,
  summary: "Download the session's first recording",
  params: sessionParams,
  responses: { 200: stream("video/mp4", "The recording, with its own content type.") },
  failures: ["not_found"],
  async handler({ deps, params, caller: { project } }) {
    const files = await deps.sessions.files(project, params.id);
    const recording = files.find(({ kind }) => kind === "recording");
    if (recording === undefined) throw new Failure("not_found", "The session has no recording.");
    const { stream: body, bytes, contentType } = await deps.artifacts.read(params.id, recording.name);
    return {
      status: 200,
      headers: {
        "content-type": contentType,
        "content-length": String(bytes),
        "cache-control": "private, no-store",
      },
      body,
    };
  },
});

function shared(
  { id, createdAt, name, bytes, suggestedName }: SessionFile,
  { deps, request, sessionId }: { deps: HttpDeps; request: FastifyRequest; sessionId: string },
) {
  const { config, links } = deps;
  return {
    id,
    created_at: createdAt.toISOString(),
    file_link: publicUrl(links.pathOf({ runId: sessionId, name }), { request, config }).href,
    size: bytes,
    suggested_file_name: suggestedName,
  };
}
