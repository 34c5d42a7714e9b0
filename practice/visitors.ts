import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Html } from "./html.ts";
import type { PracticeSession, Sessions } from "./sessions.ts";
import { messagePage } from "./views/message.ts";

const cookieName = "larch_session";
const cookieOptions = { path: "/", httpOnly: true, sameSite: "lax" } as const;
const tokenField = z.object({ csrfToken: z.string() });

/** One request, as the site sees it. */
export interface Visit {
  method: string;
  /** Path and query. */
  url: string;
  sessionId: string;
  /** Whoever the session is of, or is about to be. */
  username: string | undefined;
}

/** Gives every request to these pages a session, and lets only our own forms post. */
export function visitors(app: FastifyInstance, sessions: Sessions, onVisit?: (visit: Visit) => void): void {
  app.decorateRequest("practiceSession");
  app.addHook("preHandler", async (request, reply) => {
    const found = sessions.find(request.cookies[cookieName]);
    const session = found ?? sessions.open({ name: "visitor" });
    request.setDecorator("practiceSession", session);
    const username = "username" in session.stage ? session.stage.username : undefined;
    onVisit?.({ method: request.method, url: request.url, sessionId: session.id, username });
    if (found === undefined) void reply.setCookie(cookieName, session.id, cookieOptions);
    if (request.method === "GET" || request.method === "HEAD") return;
    if (found === undefined) return reply.redirect("/login", 303);
    if (tokenField.safeParse(request.body).data?.csrfToken !== session.csrfToken) {
      return sendPage(
        reply.status(403),
        messagePage({ title: "This page is out of date", text: "Go back, load it again and retry." }),
      );
    }
  });
}

export function sessionOf(request: FastifyRequest): PracticeSession {
  return request.getDecorator<PracticeSession>("practiceSession");
}

/** Puts a fresh session in the old one's place, so that an id planted before the login is worth nothing after it. */
export function renewSession(
  sessions: Sessions,
  old: PracticeSession,
  stage: PracticeSession["stage"],
  reply: FastifyReply,
): PracticeSession {
  sessions.close(old);
  const session = sessions.open(stage);
  void reply.setCookie(cookieName, session.id, cookieOptions);
  return session;
}

export function sendPage(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(page.toString());
}
