import { defineFlow, Failure, type Page, z } from "latchkey";

const postsPath = "/wp/v2/posts";
const savedPost = z.object({ id: z.number(), link: z.url(), status: z.string() });

/** Source page: `https://blog.example.com/wp-admin/`. */
export default defineFlow({
  description: "Publish a WordPress post, or save it as a draft",
  input: z.strictObject({
    title: z.string().min(1),
    content: z.string().describe("HTML or block markup"),
    status: z.enum(["publish", "draft"]).default("publish"),
    slug: z
      .string()
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "lower-case words joined by dashes")
      .max(200)
      .optional()
      .describe(
        "The post's name in its URL. With one, a run that is repeated updates its post, not adds another",
      ),
  }),
  output: z.object({ id: z.number(), url: z.url(), status: z.string(), created: z.boolean() }),
  // The one request that changes anything is the last: whatever fails before it can be done again.
  restartable: true,

  async run({ page, input, identity, step }) {
    const site = new URL(identity.sourceUrl.replace(/wp-(?:admin|login\.php).*$/, ""));
    const posts = await step("reach the REST API", () => openPosts(page, site));
    const known = await step("look for a post of that name", () =>
      input.slug === undefined ? undefined : posts.find(input.slug),
    );
    const post = await step(known === undefined ? "create the post" : "update the post", () =>
      posts.save(known, input),
    );
    return { id: post.id, url: post.link, status: post.status, created: known === undefined };
  },
});

/**
 * WordPress's own REST API, called from a page of its dashboard: with the user's cookies, and with the nonce that
 * its editor sends too. This holds through themes, plugins and editors that rearrange what can be clicked.
 */
async function openPosts(page: Page, site: URL) {
  await page.goto(new URL("wp-admin/", site).href);
  const nonce = await fetchFromPage(page, new URL("wp-admin/admin-ajax.php?action=rest-nonce", site));
  if (nonce.status !== 200) {
    throw new Failure("session_lapsed", "WordPress gave no nonce: nobody is signed in.");
  }

  const call = async (path: string, query: Record<string, string>, post?: Record<string, unknown>) => {
    // This address works with any permalink setting, unlike /wp-json/.
    const url = new URL("index.php", site);
    url.search = new URLSearchParams({ rest_route: path, _fields: "id,link,status", ...query }).toString();
    const { status, body } = await fetchFromPage(page, url, {
      headers: { "X-WP-Nonce": nonce.body, "Content-Type": "application/json" },
      ...(post && { method: "POST", body: JSON.stringify(post) }),
    });
    if (status === 401 || status === 403) {
      throw new Failure("flow_failed", "WordPress does not let this identity read or write such a post.");
    }
    if (status >= 500) {
      // A plugin may have failed after the post was stored: done again, it might be stored twice.
      const retryable = post === undefined;
      throw new Failure("site_error", `WordPress answered with status ${status}.`, { retryable });
    }
    if (status >= 400) throw new Failure("flow_failed", `WordPress refused the post with status ${status}.`);
    return JSON.parse(body) as unknown;
  };

  return {
    /** The id of the post of that name, published or not. */
    async find(slug: string): Promise<number | undefined> {
      return z.array(savedPost).parse(await call(postsPath, { slug, status: "any" }))[0]?.id;
    },
    async save(id: number | undefined, post: Record<string, unknown>): Promise<z.infer<typeof savedPost>> {
      return savedPost.parse(await call(id === undefined ? postsPath : `${postsPath}/${id}`, {}, post));
    },
  };
}

function fetchFromPage(
  page: Page,
  url: URL,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string }> {
  return page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init);
      return { status: response.status, body: await response.text() };
    },
    [url.href, init] as const,
  );
}
