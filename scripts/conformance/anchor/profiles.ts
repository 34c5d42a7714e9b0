import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectData, expectRefusal, nowhere } from "./ground.ts";
import { createSession, firstPage } from "./session-tools.ts";

export function profileChecks(): AnchorCheck[] {
  return [
    {
      name: "profiles: made, filled by a session that persists, used by the next, listed and deleted",
      async run(ground) {
        const client = ground.client();
        const name = `profile ${randomUUID().slice(0, 8)}`;
        await client.profiles.create({ name, description: "by hand" });
        assert.deepEqual(expectData(ground, ["status"]), { status: "success" });
        await expectRefusal(ground, client.profiles.create({ name }), {
          status: 409,
          is: Anchorbrowser.ConflictError,
        });
        const first = await createSession(ground, { browser: { profile: { name, persist: true } } });
        const browser = await client.browser.connect(first);
        const page = firstPage(browser);
        await page.goto(`${ground.site.url}/login`);
        await page.evaluate(() => localStorage.setItem("profile", "kept"));
        await browser.close();
        await client.sessions.delete(first);
        const item = ["name", "description", "source", "session_id", "status", "created_at"];
        await client.profiles.retrieve(name);
        assert.equal(expectData(ground, item)["status"], "ready");
        const second = await createSession(ground, {
          browser: { profile: { name } },
          session: { initial_url: `${ground.site.url}/login` },
        });
        const again = await client.browser.connect(second);
        assert.equal(await firstPage(again).evaluate(() => localStorage.getItem("profile")), "kept");
        await again.close();
        await client.sessions.delete(second);
        const { data } = await client.profiles.list();
        assert((data?.items ?? []).some((each) => each.name === name));
        await client.profiles.delete(name);
        for (const call of [() => client.profiles.retrieve(name), () => client.profiles.delete(name)])
          await expectRefusal(ground, call(), { status: 404, is: Anchorbrowser.NotFoundError });
        const body = { name, source: "session" as const };
        await expectRefusal(ground, client.profiles.create(body), {
          status: 400,
          is: Anchorbrowser.BadRequestError,
        });
        await expectRefusal(ground, client.profiles.create({ ...body, session_id: nowhere }), {
          status: 404,
          is: Anchorbrowser.NotFoundError,
        });
      },
    },
  ];
}
