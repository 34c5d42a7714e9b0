import type { FastifyReply, FastifyRequest } from "fastify";
import { type ConnectMode, connectModes } from "../../identity/connect/connect-visits.ts";
import { publicUrl } from "../public-url.ts";
import type { ConnectPageDeps } from "./deps.ts";
import { isLocale } from "./locale.ts";
import { refusePage } from "./refuse-page.ts";
import { giveCookie, pathOf } from "./visit-cookie.ts";
import { contextOf } from "./visit-of.ts";

const longestName = 100;

/**
 * `GET /identity/create?token=…`: takes the token out of the address bar. The browser gets a cookie for a visit of its
 * own, and is sent there; what is no token of ours makes no visit.
 */
export async function openVisit(
  deps: ConnectPageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { token: text, userName, mode, lang } = request.query as Record<string, unknown>;
  const context = contextOf(request);
  const token = typeof text === "string" ? await deps.tokens.look(text) : undefined;
  if (token === undefined) return refusePage("invalid", context, reply);
  if (token.state !== "good") return refusePage(token.state, context, reply);
  if (token.codeTriesLeft === 0) return refusePage("void", context, reply);
  const { id, secret } = await deps.visits.begin(token, {
    mode: isMode(mode) ? mode : "redirect",
    // Whoever made the token knows better than whoever made the link.
    userName: token.userName ?? nameOf(userName),
    locale: isLocale(lang) ? lang : null,
  });
  const isSecure = publicUrl("/", { request, config: deps.config }).protocol === "https:";
  request.log.info(
    { visit: id, project: token.project, application: token.applicationId },
    "the connect page was opened",
  );
  giveCookie(reply, { visitId: id, secret, isSecure, expiresAt: token.expiresAt });
  return reply
    .headers({ "cache-control": "no-store", "referrer-policy": "no-referrer" })
    .redirect(pathOf(id), 303);
}

const isMode = (text: unknown): text is ConnectMode => connectModes.some((mode) => mode === text);

/** As much of a name as can be shown in one line; null for none. */
function nameOf(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const name = text
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ")
    .trim()
    .slice(0, longestName);
  return name === "" ? null : name;
}
