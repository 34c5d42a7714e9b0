import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import publishPost from "../../flows/wordpress/publish-post.ts";
import type { Session } from "../../src/browser/session.ts";
import { type FlowRunner, startFlowRunner } from "../support/flow-runner.ts";
import { realSite } from "../support/real-site.ts";
import { startWordPressFixture, type WordPressFixture } from "../support/wordpress-fixture.ts";

const real = realSite("WORDPRESS");
let runner: FlowRunner;
let session: Session;

beforeAll(async () => {
  runner = await startFlowRunner();
});
afterAll(() => runner[Symbol.asyncDispose]());
beforeEach(async () => {
  session = await runner.open();
  session.page.setDefaultTimeout(10_000);
});
afterEach(() => session.close());

const post = { title: "Apples & pears", content: "<p>Ripe.</p>" };

describe("wordpress/publish-post, on WordPress's saved answers", { timeout: 30_000 }, () => {
  const publish = (site: WordPressFixture, input: unknown) =>
    runner.run(publishPost, { session, sourceUrl: `${site.url}/wp-admin/`, input });
  const signIn = (site: WordPressFixture) => session.context.addCookies([{ ...site.cookie, url: site.url }]);

  test("publishes a post and gives its id and URL", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    const result = await publish(site, post);
    expect(result).toEqual({ id: 5, url: `${site.url}/?p=5`, status: "publish", created: true });
    expect(site.posts.at(-1)).toMatchObject({ ...post, status: "publish" });
  });

  test("updates the post that has the slug: two runs make one post", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    const first = await publish(site, { ...post, slug: "apples", status: "draft" });
    expect(first).toMatchObject({ status: "draft", created: true });
    const second = await publish(site, { ...post, title: "Apples", slug: "apples" });
    expect(second).toMatchObject({ id: first.id, status: "publish", created: false });
    expect(site.posts.filter(({ slug }) => slug.startsWith("apples"))).toHaveLength(1);
    expect(site.posts.at(-1)?.title).toBe("Apples");
  });

  test("does not touch another's post of that name, nor make a second one", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    await expect(publish(site, { ...post, slug: "hello-world" })).rejects.toMatchObject({
      code: "flow_failed",
    });
    expect(site.writes).toBe(0);
  });

  test("fails where the user may not publish, in words of our own", async () => {
    await using site = await startWordPressFixture({ role: "contributor" });
    await signIn(site);
    await expect(publish(site, post)).rejects.toMatchObject({
      code: "flow_failed",
      message: "WordPress does not let this identity read or write such a post.",
    });
    expect(await publish(site, { ...post, status: "draft" })).toMatchObject({
      status: "draft",
      created: true,
    });
  });

  test("knows the site from its login page or its front page too", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    for (const path of ["", "/", "/?p=1", "/wp-login.php?redirect_to=x", "/wp-admin/index.php"]) {
      const input = { ...post, slug: "apples" };
      const { id } = await runner.run(publishPost, { session, sourceUrl: site.url + path, input });
      expect(id).toBe(5);
    }
  });

  test("is not tried again when the site failed after it may have stored the post", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    site.failLate();
    await expect(publish(site, post)).rejects.toMatchObject({ code: "site_error", retryable: false });
    expect(site.writes).toBe(1);
  });

  test("says that the session has lapsed before it has written anything", async () => {
    await using site = await startWordPressFixture();
    await signIn(site);
    site.endSession();
    await expect(publish(site, post)).rejects.toMatchObject({ code: "session_lapsed" });
    expect(site.writes).toBe(0);
  });
});

describe.skipIf(real === undefined)(
  "wordpress/publish-post, on a real WordPress",
  { timeout: 120_000 },
  () => {
    const publish = (input: unknown) =>
      runner.run(publishPost, { session, sourceUrl: `${real?.url}/wp-admin/`, input });
    const slug = `latchkey-${randomUUID()}`;

    const signIn = async () => {
      const { page } = session;
      await page.goto(`${real?.url}/wp-login.php`);
      await page.locator("#user_login").fill(real?.username ?? "");
      await page.locator("#user_pass").fill(real?.password ?? "");
      await page.locator("#wp-submit").click();
      await page.locator("#wpadminbar").waitFor();
    };

    /** What a visitor gets to see of the post. */
    const readPublicly = async (id: number) => {
      const answer = await fetch(`${real?.url}/index.php?rest_route=/wp/v2/posts/${id}`);
      if (!answer.ok) throw new Error(`not readable: ${answer.status}`);
      return (await answer.json()) as { title: { rendered: string }; content: { rendered: string } };
    };

    const remove = async (id: number) => {
      const { request } = session.context;
      const nonce = await (
        await request.get(`${real?.url}/wp-admin/admin-ajax.php?action=rest-nonce`)
      ).text();
      const gone = await request.delete(`${real?.url}/index.php?rest_route=/wp/v2/posts/${id}&force=true`, {
        headers: { "X-WP-Nonce": nonce },
      });
      expect(gone.status()).toBe(200);
    };

    test("drafts, publishes and updates one post, which its readers then see", async () => {
      await signIn();
      const draft = await publish({ ...post, slug, status: "draft" });
      expect(draft).toMatchObject({ status: "draft", created: true });
      await expect(readPublicly(draft.id)).rejects.toThrow("401");

      const published = await publish({ ...post, slug });
      expect(published).toMatchObject({ id: draft.id, status: "publish", created: false });
      const updated = await publish({ ...post, content: "<p>Overripe.</p>", slug });
      expect(updated).toMatchObject({ id: draft.id, created: false });

      const seen = await readPublicly(draft.id);
      expect(seen.content.rendered).toContain("Overripe.");
      expect(seen.title.rendered).toBe("Apples &amp; pears");
      await remove(draft.id);
    });

    test("says that nobody is signed in", async () => {
      await expect(publish({ ...post, slug })).rejects.toMatchObject({ code: "session_lapsed" });
    });
  },
);
