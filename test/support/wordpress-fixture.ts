import { readFile } from "node:fs/promises";
import cookie from "@fastify/cookie";
import { fastify } from "fastify";

/** WordPress as far as posting goes: its saved dashboard, and its REST API's answers, kept in memory. */
export interface WordPressFixture extends AsyncDisposable {
  readonly url: string;
  /** What a signed-in browser holds. */
  readonly cookie: { name: string; value: string };
  readonly posts: readonly Post[];
  /** Writes answered with status 2xx. */
  readonly writes: number;
  endSession(): void;
  /** From now on answers writes with status 500 after it has stored them, as a plugin that fails late makes it do. */
  failLate(): void;
}

interface Post {
  id: number;
  title: string;
  content: string;
  status: string;
  slug: string;
  author: string;
}

const folder = new URL("../flows/fixtures/wordpress/", import.meta.url);
const session = { name: "wordpress_logged_in_fixture", value: "arthur" };
const nonce = "b0c3a30aab";

/** Error bodies as WordPress 6.1 writes them. */
const refusals = {
  nonce: [403, "rest_cookie_invalid_nonce", "Cookie check failed"],
  publish: [403, "rest_cannot_publish", "Sorry, you are not allowed to publish posts in this post type."],
  edit: [403, "rest_cannot_edit", "Sorry, you are not allowed to edit this post."],
  id: [404, "rest_post_invalid_id", "Invalid post ID."],
  status: [400, "rest_invalid_param", "Invalid parameter(s): status"],
} as const;

/** @param role an author publishes, a contributor may only write drafts */
export async function startWordPressFixture({
  role = "author",
}: {
  role?: "author" | "contributor";
} = {}): Promise<WordPressFixture> {
  let live = true;
  let late = false;
  let writes = 0;
  const posts: Post[] = [
    { id: 1, title: "Hello world!", content: "", status: "publish", slug: "hello-world", author: "wanda" },
  ];
  const app = fastify({ forceCloseConnections: true });
  await app.register(cookie);
  const signedIn = (cookies: Record<string, string | undefined>) =>
    live && cookies[session.name] === session.value;

  app.get("/wp-login.php", async (_request, reply) =>
    reply.type("text/html").send(await readFile(new URL("wp-login.html", folder))),
  );
  app.get("/wp-admin/", async (request, reply) =>
    signedIn(request.cookies)
      ? reply.type("text/html").send(await readFile(new URL("wp-admin.html", folder)))
      : reply.redirect("/wp-login.php", 302),
  );
  app.get<{ Querystring: { action?: string } }>("/wp-admin/admin-ajax.php", async (request, reply) =>
    request.query.action === "rest-nonce" && signedIn(request.cookies)
      ? reply.type("text/html").send(nonce)
      : reply.status(400).type("text/html").send("0"),
  );

  app.route<{ Querystring: { rest_route?: string; slug?: string }; Body: Partial<Post> | null }>({
    method: ["GET", "POST"],
    url: "/index.php",
    async handler(request, reply) {
      const refuse = (why: keyof typeof refusals) => {
        const [status, code, message] = refusals[why];
        return reply.status(status).send({ code, message, data: { status } });
      };
      const id = /^\/wp\/v2\/posts(?:\/(\d+))?$/.exec(request.query.rest_route ?? "");
      if (id === null) return reply.status(404).send({ code: "rest_no_route" });
      if (!signedIn(request.cookies) || request.headers["x-wp-nonce"] !== nonce) return refuse("nonce");
      if (request.method === "GET") {
        return posts
          .filter(({ slug }) => slug === request.query.slug)
          .map((post) => shown(post, request.host));
      }
      const fields = request.body ?? {};
      if (!["publish", "draft", undefined].includes(fields.status)) return refuse("status");
      const known = id[1] === undefined ? undefined : posts.find((post) => post.id === Number(id[1]));
      if (id[1] !== undefined && known === undefined) return refuse("id");
      if (known !== undefined && known.author !== session.value) return refuse("edit");
      if (fields.status === "publish" && role === "contributor") return refuse("publish");
      writes += 1;
      const post = known ?? {
        id: posts.length + 4,
        title: "",
        content: "",
        status: "draft",
        slug: "",
        author: session.value,
      };
      if (known === undefined) posts.push(post);
      Object.assign(post, fields, { slug: freeSlug(posts, post, fields.slug ?? post.slug) });
      if (late) return reply.status(500).send({ code: "internal_server_error" });
      return reply.status(known === undefined ? 201 : 200).send(shown(post, request.host));
    },
  });

  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    cookie: session,
    posts,
    get writes() {
      return writes;
    },
    endSession() {
      live = false;
    },
    failLate() {
      late = true;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** As asked for with `_fields=id,link,status`. */
function shown({ id, status }: Post, host: string) {
  return { id, status, link: `http://${host}/?p=${id}` };
}

/** A name that is taken gets a number: this is how one post becomes two. */
function freeSlug(posts: readonly Post[], own: Post, wanted: string): string {
  const taken = (slug: string) => slug !== "" && posts.some((post) => post !== own && post.slug === slug);
  let slug = wanted;
  for (let number = 2; taken(slug); number += 1) slug = `${wanted}-${number}`;
  return slug;
}
