import { Failure } from "../../failure.ts";
import { isLoopback } from "../domains.ts";
import type { Actor } from "../types.ts";
import { hostOf } from "./application-input.ts";
import type { Application } from "./application-rows.ts";
import type { Applications } from "./applications.ts";

/** A site as people name it, as a URL: `example.com` is https, this machine itself http. What has a scheme stays as it is. */
export function urlOfSource(source: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return source;
  const bare = URL.parse(`http://${source}`);
  return `${bare !== null && isLoopback(bare.hostname) ? "http" : "https"}://${source}`;
}

interface Wanted {
  project: string;
  /** The URL of an identity's source. */
  url: string;
  /** Of the application; the site's own host unless given. */
  name?: string | undefined;
  description?: string | undefined;
  actor: Actor;
}

/**
 * The application that an identity with this source belongs to: the one of the name, or the oldest of the host where no
 * name is given; made, where there is none.
 * @throws Failure `invalid_argument`
 */
export async function applicationOfSource(
  applications: Applications,
  { project, url, name, description, actor }: Wanted,
): Promise<Application> {
  if (!URL.canParse(url)) throw new Failure("invalid_argument", "The source is not a URL or a host.");
  const host = hostOf(url);
  const find = () => applications.find(project, name === undefined ? { host } : { name });
  const found = await find();
  if (found !== undefined) return found;
  const rest = { url, ...(description === undefined ? {} : { description }) };
  try {
    return await applications.create(project, { name: name ?? host, ...rest }, actor);
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Somebody made it a moment ago; or another site's has the name.
    return (await find()) ?? (await addApplication(applications, { project, url, name, description, actor }));
  }
}

/** Makes an application; one without a name is called as its host, with a number where that is taken. */
export async function addApplication(
  applications: Applications,
  { project, url, name, description, actor }: Wanted,
): Promise<Application> {
  const rest = { url, ...(description === undefined ? {} : { description }) };
  if (name !== undefined) return applications.create(project, { name, ...rest }, actor);
  const host = URL.parse(url)?.host ?? "";
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? host : `${host} ${count}`;
    try {
      return await applications.create(project, { name: free, ...rest }, actor);
    } catch (error) {
      if (!isConflict(error) || count === mostTries) throw error;
    }
  }
}

const mostTries = 100;

const isConflict = (error: unknown) => error instanceof Failure && error.code === "conflict";
