import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PracticeSession } from "./sessions.ts";
import type { PracticeState } from "./state.ts";
import { codePage, identifierPage, lockedPage, onePageForm, passwordPage } from "./views/login.ts";
import { renewSession, sendPage, sessionOf } from "./visitors.ts";

const field = z.string().max(300).catch("");
const wrongPassword = "The email address or password is not right.";
const wrongCode = "That code is not right. Wait for your app to show the next one.";

/** Signing in, page by page, and signing out. */
export async function loginRoutes(app: FastifyInstance, state: PracticeState): Promise<void> {
  const { accounts, sessions, counts, form } = state;
  const loginPage = form === "one-page" ? onePageForm : identifierPage;

  app.get("/login", async (request, reply) => {
    const session = sessionOf(request);
    if (session.stage.name === "signed_in") return reply.redirect("/", 303);
    session.stage = { name: "visitor" };
    return sendPage(reply, loginPage({ session }));
  });

  app.post("/login", async (request, reply) => {
    const session = sessionOf(request);
    const { username } = z.object({ username: field }).parse(request.body);
    if (username.trim() === "") {
      return sendPage(reply.status(422), loginPage({ session, alert: "Enter your email address." }));
    }
    session.stage = { name: "identified", username };
    return form === "one-page" ? submitPassword(request, reply) : reply.redirect("/login/password", 303);
  });

  app.get("/login/password", async (request, reply) => {
    const session = sessionOf(request);
    if (session.stage.name !== "identified") return reply.redirect("/login", 303);
    return sendPage(reply, passwordPage({ session, username: session.stage.username }));
  });

  app.post("/login/password", submitPassword);

  async function submitPassword(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const session = sessionOf(request);
    if (session.stage.name !== "identified") return reply.redirect("/login", 303);
    const { username } = session.stage;
    const { password } = z.object({ password: field }).parse(request.body);
    counts.passwordSubmits += 1;
    const answer = accounts.checkPassword(username, password);
    if (answer !== "right") counts.passwordsRefused += 1;
    if (answer === "locked") return sendPage(reply.status(423), lockedPage());
    if (answer === "wrong") {
      const refusal = { session, username, alert: wrongPassword };
      return sendPage(reply.status(422), form === "one-page" ? onePageForm(refusal) : passwordPage(refusal));
    }
    const user = accounts.find(username);
    if (user?.secondFactor === false) return signIn(session, user.username, reply);
    session.stage = { name: "password_passed", username };
    return reply.redirect("/login/code", 303);
  }

  app.get("/login/code", async (request, reply) => {
    const session = sessionOf(request);
    if (session.stage.name !== "password_passed") return reply.redirect("/login", 303);
    return sendPage(reply, codePage({ session, digits: digitsOf(session.stage.username) }));
  });

  app.post("/login/code", async (request, reply) => {
    const session = sessionOf(request);
    if (session.stage.name !== "password_passed") return reply.redirect("/login", 303);
    const { username } = session.stage;
    const { code } = z.object({ code: field }).parse(request.body);
    counts.codeSubmits += 1;
    if (await accounts.checkCode(username, code.replace(/\s/g, ""))) {
      return signIn(session, accounts.find(username)?.username ?? username, reply);
    }
    return sendPage(reply.status(422), codePage({ session, digits: digitsOf(username), alert: wrongCode }));
  });

  app.post("/logout", async (request, reply) => {
    const visitor = renewSession(sessions, sessionOf(request), { name: "visitor" }, reply);
    visitor.notice = "You are signed out.";
    return reply.redirect("/login", 303);
  });

  function signIn(session: PracticeSession, username: string, reply: FastifyReply): FastifyReply {
    counts.logins += 1;
    renewSession(sessions, session, { name: "signed_in", username }, reply);
    return reply.redirect(session.wanted ?? "/", 303);
  }

  function digitsOf(username: string): number {
    return accounts.find(username)?.totpDigits ?? 6;
  }
}
