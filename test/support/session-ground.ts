import assert from "node:assert/strict";
import { sql } from "kysely";
import { type PracticeSite, practiceUsers, startPracticeSite } from "../../practice/site.ts";
import type { NewSession, SessionRecord } from "../../src/session/types.ts";
import { openTestApi, type TestApi } from "./api.ts";
import { assertNoChromiumLeft } from "./chromium.ts";
import { addPracticeIdentity, openTestParts, type TestParts, type TestPartsOptions } from "./parts.ts";

/** A server that hands sessions out, and a practice site with two users: `ada`, with a second factor, and `ben`. */
export interface SessionGround extends AsyncDisposable {
  site: PracticeSite;
  /** The site by another host name, and so another site: cookies do not know ports. */
  otherSiteUrl: string;
  ground: TestParts;
  api: TestApi;
  /** `http://127.0.0.1:<port>`. */
  service: string;
  create(request?: Partial<NewSession>): Promise<SessionRecord>;
  end(session: SessionRecord): Promise<SessionRecord>;
  /** Where a client connects, with a token of the session. */
  addressOf(session: SessionRecord, scope?: "view" | "drive"): string;
  /** Ends all sessions and sees that nothing is held any more. */
  clear(): Promise<void>;
}

export async function openSessionGround(options?: TestPartsOptions): Promise<SessionGround> {
  const site = await startPracticeSite();
  const ground = await openTestParts(options);
  const api = await openTestApi(ground.parts);
  const service = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const otherSiteUrl = site.url.replace("127.0.0.1", "localhost");
  const [ada, ben] = practiceUsers;
  await addPracticeIdentity(ground.parts, site.url, ada, { name: "ada" });
  await addPracticeIdentity(ground.parts, otherSiteUrl, ben, { name: "ben" });
  return {
    site,
    otherSiteUrl,
    ground,
    api,
    service,
    create: (request = {}) =>
      api.deps.sessions.create({
        project: "default",
        actor: "key:test",
        signal: new AbortController().signal,
        ...request,
      }),
    end: ({ id }) => api.deps.sessions.end("default", id),
    addressOf({ id, project }, scope = "drive") {
      const token = api.deps.sessionTokens.make({ id, project, scope, lifeMs: 60_000 }).reveal();
      return `${service.replace("http", "ws")}/?apiKey=${token}&sessionId=${id}`;
    },
    async clear() {
      await api.deps.sessions.endAll("default");
      const { database } = await ground.parts.store();
      const held = sql<{ name: string }>`select name from leases where expires_at > now()`;
      assert.deepEqual((await held.execute(database.kysely)).rows, []);
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await ground[Symbol.asyncDispose]();
      await site.close();
      assertNoChromiumLeft();
    },
  };
}
