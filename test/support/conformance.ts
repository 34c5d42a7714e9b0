import { type PracticeSite, type PracticeUser, startPracticeSite } from "../../practice/site.ts";
import { ensureProject } from "../../src/identity/projects.ts";
import { startService } from "../../src/main.ts";
import { openTestParts } from "./parts.ts";

/** A server to hold to an API, with a worker, and a site to sign in to. Of its own: it counts keys that are no good. */
export interface ServerToCheck extends AsyncDisposable {
  url: string;
  /** Of scope admin. */
  key: string;
  /** Of scope read. */
  readKey: string;
  /** Of scope admin, in another project. */
  strangerKey: string;
  site: PracticeSite;
}

/** @param users who may sign in at the site */
export async function startServerToCheck(
  users: readonly [PracticeUser, ...PracticeUser[]],
): Promise<ServerToCheck> {
  await using opening = new AsyncDisposableStack();
  const site = await startPracticeSite({ users });
  opening.defer(() => site.close());
  const parts = opening.use(await openTestParts());
  const { apiKeys, database } = await parts.parts.store();
  await ensureProject(database, "other");
  const add = async (scope: "read" | "admin", project = "default") =>
    (await apiKeys.add(project, { scope }, { name: "test" })).key.reveal();
  const service = await startService(parts.parts, new Set(["server", "worker"]));
  opening.defer(() => service.stop(1_000));
  const keys = {
    key: await add("admin"),
    readKey: await add("read"),
    strangerKey: await add("admin", "other"),
  };
  const opened = opening.move();
  return {
    url: service.url ?? "",
    ...keys,
    site,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
