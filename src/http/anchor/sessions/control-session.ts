import { Readable } from "node:stream";
import { z } from "zod";
import type { PageConnection } from "../../../browser/screencast/connection.ts";
import { goTo, onNewestPage, pagesOf, pictureOf } from "../../../session/drive-page.ts";
import { pressTogether, typeText } from "../../../session/press-keys.ts";
import type { LiveSession } from "../../../session/types.ts";
import type { Caller } from "../../api-keys/key-check.ts";
import { defineRoute, stream } from "../../define-route.ts";
import type { HttpDeps } from "../../deps.ts";
import { publicUrl } from "../../public-url.ts";
import { assertNotSigningIn, mayReadCredentials } from "../../sessions/being-signed-in.ts";
import { sessionParams, sessionTag } from "./session.ts";

interface Driving {
  deps: HttpDeps;
  params: { id: string };
  caller: Caller;
}

/** The session, for whoever may be at it now. @throws Failure `not_found`, `session_ended`, `conflict` */
export async function liveFor({ deps, params, caller }: Driving): Promise<LiveSession> {
  const live = await deps.sessions.live(caller.project, params.id);
  assertNotSigningIn(live, mayReadCredentials(caller.scope, deps.config.credentialsRoute));
  return live;
}

/** Does something with the page of a running session. */
export async function drive<T>(call: Driving, work: (page: PageConnection) => Promise<T>): Promise<T> {
  return await onNewestPage(await liveFor(call), work);
}

export const moved = { status: 200, body: { status: "success" } } as const;
const movedSchema = z.object({ status: z.string() });

/** What routes that drive a session's page have in common. */
export const driving = {
  method: "POST",
  access: "admin",
  tag: sessionTag,
  params: sessionParams,
  responses: { 200: movedSchema },
  failures: ["not_found", "session_ended", "conflict", "browser_crashed"],
} as const;

export const gotoUrl = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/goto",
  summary: "Open an address in the session's newest page",
  body: z.object({ url: z.url({ protocol: /^https?$/, error: "is not an http or https URL" }) }),
  failures: [...driving.failures, "site_unreachable"],
  async handler(call) {
    await drive(call, (page) => goTo(page, call.body.url));
    return moved;
  },
});

export const typeKeys = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/keyboard/type",
  summary: "Type a text where the keys of the session's newest page go",
  body: z.object({
    text: z.string().max(100_000),
    delay: z
      .number()
      .min(0)
      .max(1_000)
      .nullish()
      .meta({ description: "Between characters, in milliseconds." }),
  }),
  async handler(call) {
    await drive(call, (page) => typeText(page, call.body.text, call.body.delay ?? 0));
    return moved;
  },
});

export const pressShortcut = defineRoute({
  ...driving,
  url: "/v1/sessions/:id/keyboard/shortcut",
  summary: "Press keys together in the session's newest page",
  body: z.object({
    keys: z.array(z.string().min(1).max(20)).min(1).max(6),
    holdTime: z.number().min(0).max(10_000).nullish().meta({ description: "In milliseconds." }),
  }),
  async handler(call) {
    await drive(call, (page) => pressTogether(page, call.body.keys, call.body.holdTime ?? 0));
    return moved;
  },
});

export const sessionScreenshot = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/screenshot",
  access: "admin",
  tag: sessionTag,
  summary: "Get a picture of the session's newest page",
  params: sessionParams,
  responses: { 200: stream("image/png", "What its window shows.") },
  failures: driving.failures,
  async handler(call) {
    const picture = await drive(call, pictureOf);
    return {
      status: 200,
      headers: {
        "content-type": "image/png",
        "content-length": String(picture.length),
        "cache-control": "no-store",
      },
      body: Readable.from([picture]),
    };
  },
});

export const sessionPages = defineRoute({
  method: "GET",
  url: "/v1/sessions/:id/pages",
  access: "admin",
  tag: sessionTag,
  summary: "List the pages of a session's browser, oldest first",
  params: sessionParams,
  responses: {
    200: z.array(z.object({ id: z.string(), title: z.string(), url: z.string(), frontend_url: z.string() })),
  },
  failures: driving.failures,
  async handler(call) {
    const pages = await pagesOf(await liveFor(call));
    const { deps, params, request } = call;
    const { href } = publicUrl(`/live/${params.id}`, { request, config: deps.config });
    return {
      status: 200,
      body: pages.map((page) => ({ id: page.id, title: page.title, url: page.url, frontend_url: href })),
    };
  },
});
