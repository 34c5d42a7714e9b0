import type { FastifyReply } from "fastify";
import { outcomeOf } from "./callback.ts";
import type { ConnectPageDeps } from "./deps.ts";
import { protect } from "./headers.ts";
import { choosePage } from "./pages/choose.ts";
import { codePage } from "./pages/code.ts";
import { endPage, messagePage } from "./pages/end.ts";
import { formPage } from "./pages/form.ts";
import { progressPage } from "./pages/progress.ts";
import { recoveryPage } from "./pages/recovery.ts";
import { yourselfPage } from "./pages/yourself.ts";
import { wordsFor } from "./refuse-page.ts";
import type { OpenVisit } from "./visit-of.ts";

/** What is wrong with a form that was just sent, and what was in it. */
export interface SentBack {
  values: Readonly<Record<string, string>>;
  faults: Readonly<Record<string, string>>;
}

/** Answers with the page of where the visit stands. */
export async function renderVisit(
  deps: ConnectPageDeps,
  open: OpenVisit,
  reply: FastifyReply,
  { sentBack, isChoosing = false }: { sentBack?: SentBack; isChoosing?: boolean } = {},
): Promise<FastifyReply> {
  const { visit, application, flows, flow, context } = open;
  const { t } = context;
  const { frameOrigins } = application;
  const state = await deps.connect.stateOf(visit);
  const send = (page: string, status = 200) =>
    protect(reply, frameOrigins).code(status).type("text/html; charset=utf-8").send(page);
  const faults = sentBack?.faults ?? {};
  const status = sentBack === undefined ? 200 : 422;
  if (state.name !== "open" && state.name !== "progress") await deps.yourself.close(visit);

  switch (state.name) {
    case "open": {
      const live = isChoosing || sentBack !== undefined ? undefined : await deps.yourself.look(visit);
      if (live !== undefined) {
        const { sessionId, token } = live;
        const isNotSignedIn = state.isNotSignedIn === true;
        return send(yourselfPage(context, { live: { sessionId, token: token.reveal() }, isNotSignedIn }));
      }
      const wasClosed = visit.sessionId !== null && !isChoosing;
      // A frame within a frame would have to be allowed by the site that holds the outer one.
      const canSignInThemselves = visit.mode !== "frame";
      if (flow === undefined || isChoosing || wasClosed) {
        const notice = wasClosed ? t.yourselfOver : undefined;
        return send(choosePage(context, { flows, canSignInThemselves, notice }));
      }
      const values = sentBack?.values ?? (await valuesBefore(deps, open, state.refusal !== undefined));
      const { attemptsLeft } = state;
      const refusal = sentBack === undefined ? state.refusal : undefined;
      const hasOtherWays = flows.length > 1 || canSignInThemselves;
      const shown = { flow, values, faults, refusal, attemptsLeft, hasOtherWays, canSignInThemselves };
      return send(formPage(context, shown), status);
    }
    case "progress":
      return send(progressPage(context, state.steps));
    case "code":
      return send(codePage(context, { ...state, faults }), status);
    case "done":
      return send(endPage(context, outcomeOf(visit, state.identityId, frameOrigins)));
    case "cancelled":
      return send(endPage(context, outcomeOf(visit, undefined, frameOrigins)));
    case "recovery code": {
      const { triesLeft } = state;
      return send(recoveryPage(context, { fault: faults["code"], triesLeft }), status);
    }
    case "used":
    case "expired":
    case "void":
    case "inactive":
    case "gone":
    case "moved":
    case "outdated": {
      const { status: told, ...words } = wordsFor(t, state.name);
      return send(messagePage(context, words), told);
    }
  }
}

/** Whoever was refused, or is signed in again, need not type their name. */
async function valuesBefore(
  { identities }: ConnectPageDeps,
  { visit, loginName }: OpenVisit,
  wasRefused: boolean,
): Promise<Record<string, string>> {
  const known = loginName === null ? {} : { username: loginName };
  if (!wasRefused || visit.identityId === null) return known;
  const { usernamePassword } = await identities.revealCredentials(visit.identityId, {
    name: `connect:${visit.id}`,
  });
  const username = usernamePassword?.username.reveal();
  return username === undefined ? known : { username };
}
