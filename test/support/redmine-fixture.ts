import { readFile } from "node:fs/promises";
import cookie from "@fastify/cookie";
import { fastify } from "fastify";

/** Pages saved from a real Redmine, served as it serves them. test/flows/fixtures/README.md says how they were made. */
export interface RedmineFixture extends AsyncDisposable {
  readonly url: string;
  /** What a signed-in browser holds. */
  readonly cookie: { name: string; value: string };
  /** Ends the session: from then on every page leads to the login. */
  endSession(): void;
}

const folder = new URL("../flows/fixtures/redmine/", import.meta.url);
const session = { name: "_redmine_session", value: "signed-in" };
const columns = ["project", "tracker", "status", "priority", "subject", "assigned_to"];

export async function startRedmineFixture(): Promise<RedmineFixture> {
  let live = true;
  const app = fastify({ forceCloseConnections: true });
  await app.register(cookie);
  app.addHook("onRequest", async (request, reply) => {
    const signedIn = live && request.cookies[session.name] === session.value;
    if (!signedIn && request.url !== "/login") return reply.redirect("/login", 302);
  });
  const page = async (name: string) => readFile(new URL(name, folder));
  app.addHook("onSend", async (_request, reply) => void reply.type("text/html; charset=utf-8"));

  app.get("/login", () => page("login.html"));
  app.get("/my/page", () => page("my-page.html"));

  app.get<{ Querystring: Record<string, string | string[]> }>("/issues", async (request, reply) => {
    if (!isAskedForAsSaved(request.query, "o")) return reply.status(500).send("not a saved page");
    return page(request.query["page"] === "2" ? "issues-open-2.html" : "issues-open.html");
  });
  app.get<{ Params: { project: string }; Querystring: Record<string, string | string[]> }>(
    "/projects/:project/issues",
    async (request, reply) => {
      if (request.params.project !== "orchard") return reply.status(404).send(await page("not-found.html"));
      if (isAskedForAsSaved(request.query, "*")) return page("orchard-all.html");
      if (isAskedForAsSaved(request.query, "c")) return page("orchard-none.html");
      return reply.status(500).send("not a saved page");
    },
  );

  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    cookie: session,
    endSession() {
      live = false;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** Other columns, order or filter would be another page than the saved one. */
function isAskedForAsSaved(query: Record<string, string | string[]>, status: string): boolean {
  return (
    query["set_filter"] === "1" &&
    query["status_id"] === status &&
    query["sort"] === "id:desc" &&
    JSON.stringify(query["c[]"]) === JSON.stringify(columns)
  );
}
