import type { FastifyReply } from "fastify";
import type { Failure } from "../../failure.ts";
import { protect } from "./headers.ts";
import type { Messages } from "./messages/en.ts";
import { messagePage } from "./pages/end.ts";
import type { PageContext } from "./pages/layout.ts";

/** Why no page of a visit is shown. */
export type Refused =
  | Failure
  | "invalid"
  | "used"
  | "expired"
  | "void"
  | "gone"
  | "inactive"
  | "moved"
  | "outdated"
  | "lost"
  | "stale";

/** Answers with a page that says what is wrong, and what to do. */
export function refusePage(refused: Refused, context: PageContext, reply: FastifyReply): FastifyReply {
  const { t } = context;
  const { status, title, text, state } = wordsFor(t, refused);
  if (typeof refused !== "string" && refused.retryAfterMs !== undefined)
    reply.header("retry-after", String(Math.max(1, Math.ceil(refused.retryAfterMs / 1_000))));
  const link =
    refused === "stale" && context.path !== undefined ? { href: context.path, text: t.openAgain } : undefined;
  return protect(reply, [])
    .code(status)
    .type("text/html; charset=utf-8")
    .send(messagePage(context, { title, text, state, ...(link === undefined ? {} : { link }) }));
}

/** What such a page says, and the status it is answered with. */
export function wordsFor(
  t: Messages,
  refused: Refused,
): { status: number; title: string; text: string; state: string } {
  switch (refused) {
    case "invalid":
      return { status: 404, title: t.invalidTitle, text: t.invalidHint, state: refused };
    case "used":
      return { status: 410, title: t.usedTitle, text: t.usedHint, state: refused };
    case "expired":
      return { status: 410, title: t.expiredTitle, text: t.expiredHint, state: refused };
    case "void":
      return { status: 410, title: t.voidTitle, text: t.voidHint, state: refused };
    case "inactive":
      return { status: 403, title: t.inactiveTitle, text: t.inactiveHint, state: refused };
    case "gone":
      return { status: 410, title: t.goneTitle, text: t.goneHint, state: refused };
    case "moved":
      return { status: 409, title: t.movedTitle, text: t.movedHint, state: refused };
    case "outdated":
      return { status: 409, title: t.outdatedTitle, text: t.outdatedHint, state: refused };
    case "lost":
      return { status: 403, title: t.lostTitle, text: t.lostHint, state: refused };
    case "stale":
      return { status: 403, title: t.staleTitle, text: t.staleHint, state: refused };
    default:
      return refused.status === 429
        ? { status: 429, title: t.tooManyTitle, text: t.tooManyHint, state: "too-many" }
        : refused.status >= 500
          ? { status: refused.status, title: t.errorTitle, text: t.errorHint, state: "error" }
          : { status: refused.status, title: t.staleTitle, text: t.staleHint, state: "stale" };
  }
}
