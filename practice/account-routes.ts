import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PracticeState } from "./state.ts";
import { statementPdf } from "./statement-pdf.ts";
import { statementsOf } from "./statements.ts";
import { dashboardPage, settingsPage, statementsPage } from "./views/account.ts";
import { sendPage, sessionOf } from "./visitors.ts";

const field = z.string().max(300).catch("");
const leastPasswordLength = 8;

/** The pages behind the login: all others than these lead there. */
export async function accountRoutes(
  app: FastifyInstance,
  { accounts, sessions }: PracticeState,
): Promise<void> {
  app.addHook("preHandler", async (request, reply) => {
    const session = sessionOf(request);
    if (session.stage.name === "signed_in") return;
    // Only pages: a redirect to a download would leave the visitor standing on the login's last page.
    if (request.method === "GET" && !request.url.endsWith(".pdf")) session.wanted = request.url;
    return reply.redirect("/login", 303);
  });

  app.get("/", async (request, reply) => {
    const view = viewOf(request);
    return sendPage(reply, dashboardPage({ ...view, statements: statementsOf(view.username) }));
  });

  app.get("/statements", async (request, reply) => {
    const view = viewOf(request);
    return sendPage(reply, statementsPage({ ...view, statements: statementsOf(view.username) }));
  });

  app.get<{ Params: { month: string } }>("/statements/:month.pdf", async (request, reply) => {
    const { username } = viewOf(request);
    const statement = statementsOf(username).find(({ month }) => month === request.params.month);
    if (statement === undefined) return reply.callNotFound();
    return reply
      .type("application/pdf")
      .header("content-disposition", `attachment; filename="larch-statement-${statement.month}.pdf"`)
      .header("cache-control", "no-store")
      .send(Buffer.from(await statementPdf(username, statement)));
  });

  app.get("/settings", async (request, reply) => sendPage(reply, settingsPage(viewOf(request))));

  app.post("/settings/password", async (request, reply) => {
    const view = viewOf(request);
    const body = z.object({ currentPassword: field, newPassword: field, repeatPassword: field });
    const { currentPassword, newPassword, repeatPassword } = body.parse(request.body);
    const alert =
      newPassword.length < leastPasswordLength
        ? `The new password needs at least ${leastPasswordLength} characters.`
        : newPassword !== repeatPassword
          ? "The new passwords differ."
          : accounts.checkPassword(view.username, currentPassword) !== "right"
            ? "The current password is not right."
            : undefined;
    if (alert !== undefined) return sendPage(reply.status(422), settingsPage({ ...view, alert }));
    accounts.changePassword(view.username, newPassword);
    sessionOf(request).notice = "Your password is changed.";
    return reply.redirect("/settings", 303);
  });

  app.post("/settings/sign-out-everywhere", async (request, reply) => {
    sessions.closeAll(viewOf(request).username);
    return reply.redirect("/login", 303);
  });
}

/** What every signed-in page shows. A notice is shown once. */
function viewOf(request: FastifyRequest): {
  username: string;
  csrfToken: string;
  notice: string | undefined;
} {
  const session = sessionOf(request);
  const { notice } = session;
  session.notice = undefined;
  const username = "username" in session.stage ? session.stage.username : "";
  return { username, csrfToken: session.csrfToken, notice };
}
