import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../../failure.ts";
import { readRecoveryCode } from "../../identity/connect/recovery-codes.ts";
import type { NewCredential } from "../../identity/types.ts";
import type { Redactor } from "../../redact.ts";
import { Secret } from "../../secret.ts";
import type { ConnectPageDeps } from "./deps.ts";
import { readCredentials, readKey, type SentForm } from "./read-credentials.ts";
import { createQrReader } from "./read-qr-code.ts";
import { refusePage } from "./refuse-page.ts";
import { renderVisit } from "./render-visit.ts";
import { isFromOwnPage, isOwnForm, pathOf, secretOf } from "./visit-cookie.ts";
import { contextOf, type OpenVisit, visitOf } from "./visit-of.ts";

/** A link that the site mailed is long. */
const mostCodeLength = 2_000;

interface Sent {
  open: OpenVisit;
  form: SentForm;
  reply: FastifyReply;
}

/**
 * The forms of a visit's pages: each does one thing and leads back to the visit's own address, so that going back or
 * loading again repeats nothing.
 */
export function addVisitForms(
  app: FastifyInstance,
  deps: ConnectPageDeps,
  {
    lost,
    mostFormBytes,
  }: { lost(request: FastifyRequest, reply: FastifyReply): FastifyReply; mostFormBytes: number },
): void {
  const { connect, visits, yourself, redactor } = deps;
  const qr = createQrReader();

  // Nobody else's form is read, not even to be refused: reading one takes memory.
  async function isOfVisit(request: FastifyRequest): Promise<boolean> {
    const secret = secretOf(request);
    return secret !== undefined && (await visits.find(visitIdOf(request), secret)) !== undefined;
  }

  function formRoute(
    action: string,
    handle: (sent: Sent) => Promise<FastifyReply | undefined>,
    { withPicture = false } = {},
  ): void {
    const url = `/connect/:visit/${action}`;
    // Whoever loads the answer to a form again is led to where the visit stands.
    app.get(url, async (request, reply) =>
      reply.redirect(pathOf(encodeURIComponent(visitIdOf(request))), 303),
    );
    // After the limit of requests, before a body is read.
    const preParsing = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (!isFromOwnPage(request)) refusePage("stale", contextOf(request), reply);
      else if (!(await isOfVisit(request))) lost(request, reply);
      else if (!withPicture && /^\s*multipart\//i.test(request.headers["content-type"] ?? ""))
        throw new Failure("invalid_argument", "This form has no picture.");
    };
    app.post(url, { bodyLimit: mostFormBytes, preParsing }, async (request, reply) => {
      const open = await visitOf(request, deps);
      if (open === undefined) return lost(request, reply);
      const form = (typeof request.body === "object" ? request.body : {}) as SentForm;
      if (!isOwnForm(request, open.secret, form["csrf"])) return refusePage("stale", open.context, reply);
      const answered = await handle({ open, form, reply }).catch(forgiveStale);
      return answered ?? reply.redirect(pathOf(open.visit.id), 303);
    });
  }

  formRoute("flow", async ({ open: { visit, flows, application }, form, reply }) => {
    const chosen = form["flow"];
    if (chosen === "yourself" && visit.mode !== "frame") {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      await yourself.open(visit, application, gone.signal);
      return undefined;
    }
    await yourself.close(visit);
    const known = flows.find(({ id }) => id !== null && id === chosen);
    await visits.change(visit.id, { flowId: known?.id ?? null });
    return undefined;
  });

  formRoute("yourself", async ({ open: { visit, application } }) => {
    await yourself.finish(visit, { url: application.url, flowId: null });
    return undefined;
  });

  const signIn = async ({ open, form, reply }: Sent) => {
    const { visit, flow, application, context } = open;
    if (flow === undefined) return undefined;
    const readPicture = (picture: Buffer) => qr.read(picture, visit.id);
    const { credentials, values, faults } = await readCredentials(form, { flow, t: context.t, readPicture });
    learn(redactor, credentials);
    if (Object.keys(faults).length > 0)
      return renderVisit(deps, open, reply, { sentBack: { values, faults } });
    await connect.signIn(visit, { url: application.url, flowId: flow.id }, credentials);
    return undefined;
  };
  formRoute("credentials", signIn, { withPicture: true });

  formRoute("recovery-code", async ({ open, form, reply }) => {
    const { t } = open.context;
    const text = typeof form["code"] === "string" ? form["code"] : "";
    const code = text.length > mostCodeLength ? undefined : readRecoveryCode(text);
    const sendBack = async (fault: string) => {
      const now = { ...open, visit: await open.again() };
      return await renderVisit(deps, now, reply, { sentBack: { values: {}, faults: { code: fault } } });
    };
    if (code === undefined) return await sendBack(text.trim() === "" ? t.missing : t.badRecoveryCode);
    redactor.add(code);
    const isRight = await connect.giveCode(open.visit, code);
    return isRight ? undefined : await sendBack(t.recoveryWrong);
  });

  formRoute("code", async ({ open, form, reply }) => {
    const text = typeof form["code"] === "string" ? form["code"].trim() : "";
    const { t } = open.context;
    const fault =
      text === "" ? t.missing : text.length > mostCodeLength || /\p{C}/u.test(text) ? t.badCode : undefined;
    if (fault !== undefined)
      return renderVisit(deps, open, reply, { sentBack: { values: {}, faults: { code: fault } } });
    const code = new Secret(text);
    redactor.add(code);
    await connect.handIn(open.visit, code);
    return undefined;
  });

  const useKey = async ({ open, form, reply }: Sent) => {
    const readPicture = (picture: Buffer) => qr.read(picture, open.visit.id);
    const { credential, faults } = await readKey(form, { t: open.context.t, readPicture, isNeeded: true });
    if (credential === undefined) return renderVisit(deps, open, reply, { sentBack: { values: {}, faults } });
    learn(redactor, [credential]);
    await connect.useKey(open.visit, credential);
    return undefined;
  };
  formRoute("key", useKey, { withPicture: true });

  formRoute("cancel", async ({ open: { visit } }) => {
    await yourself.close(visit);
    await connect.cancel(visit);
    return undefined;
  });
}

const visitIdOf = ({ params }: FastifyRequest) => (params as { visit: string }).visit;

/**
 * What a page asked for that was left open too long is past: the visit's own page shows what is the case. So are tries
 * that are over; where the server has no place, and says when it may, that is told.
 */
function forgiveStale(error: unknown): undefined {
  if (error instanceof Failure && error.retryAfterMs === undefined)
    if (error.code === "conflict" || error.code === "too_many_requests") return undefined;
  throw error;
}

/** From now on no line of the log shows them, whatever goes wrong. */
function learn(redactor: Redactor, credentials: readonly NewCredential[]): void {
  for (const credential of credentials) {
    if (credential.type === "username_password") {
      if (credential.username !== undefined) redactor.add(credential.username);
      if (credential.password !== undefined) redactor.add(credential.password);
    }
    if (credential.type === "authenticator") redactor.add(credential.secret);
    if (credential.type === "custom")
      for (const value of Object.values(credential.fields)) redactor.add(value);
  }
}
