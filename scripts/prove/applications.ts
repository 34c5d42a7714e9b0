import { access, constants, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** How an application describes itself, in `<name>/app.json`; `{PORT}` stands for the port it is started on. */
const descriptor = z.object({
  loginUrl: z.string(),
  username: z.string(),
  password: z.string(),
  /** Base32; null where no second factor is asked for. */
  totpSecret: z.string().nullable().default(null),
  /** A Playwright selector that only the signed-in see. */
  loggedInProof: z.string(),
  wrongPasswordText: z.string().optional(),
  /** The application asks by HTTP authentication, so there is no session to save or to end. */
  httpCredentials: z.boolean().default(false),
});

export interface Application extends z.infer<typeof descriptor> {
  name: string;
  /** Where its `app.json` and `start.sh` are. */
  folder: string;
  port: number;
}

/** PORT + 500 may be an application's too. */
const portStep = 1_000;

/**
 * The applications in a folder, in the order of their names, each with its port put in.
 * @param only their names; all unless given
 * @throws Error naming what is missing or malformed
 */
export async function readApplications({
  dir,
  only,
  port,
}: {
  dir: string;
  only?: readonly string[] | undefined;
  port: number;
}): Promise<Application[]> {
  const names = (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
  const described = await Promise.all(
    names.map(async (name) => ({ name, has: await exists(join(dir, name, "app.json")) })),
  );
  const known = described.filter(({ has }) => has).map(({ name }) => name);
  const missing = (only ?? []).filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw new Error(`${dir} has no ${missing.join(", ")}; it has ${known.join(", ") || "none"}.`);
  if (known.length === 0) throw new Error(`${dir} holds no application: no <name>/app.json in it.`);
  return await Promise.all(
    known
      .filter((name) => only === undefined || only.includes(name))
      .map((name, index) =>
        readApplication({ name, folder: join(dir, name), port: port + index * portStep }),
      ),
  );
}

async function readApplication(where: Pick<Application, "name" | "folder" | "port">): Promise<Application> {
  const path = join(where.folder, "app.json");
  const parsed = descriptor.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  const loginUrl = parsed.data.loginUrl.replaceAll("{PORT}", String(where.port));
  return { ...parsed.data, ...where, loginUrl };
}

async function exists(path: string): Promise<boolean> {
  return await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
