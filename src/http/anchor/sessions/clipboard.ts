import { z } from "zod";
import { readClipboard, writeClipboard } from "../../../session/clipboard.ts";
import { defineRoute } from "../../define-route.ts";
import { driving, liveFor, moved } from "./control-session.ts";

const url = "/v1/sessions/:id/clipboard";

export const getClipboard = defineRoute({
  ...driving,
  method: "GET",
  url,
  summary: "Get the text in the clipboard of the session's browser",
  responses: { 200: z.object({ data: z.object({ text: z.string() }) }) },
  async handler(call) {
    const text = await readClipboard(await liveFor(call));
    return { status: 200, headers: { "cache-control": "no-store" }, body: { data: { text } } };
  },
});

export const setClipboard = defineRoute({
  ...driving,
  url,
  summary: "Put a text into the clipboard of the session's browser",
  body: z.object({ text: z.string().max(500_000) }),
  async handler(call) {
    await writeClipboard(await liveFor(call), call.body.text);
    return moved;
  },
});
