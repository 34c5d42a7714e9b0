import { Failure } from "../../../failure.ts";
import type { Application, Applications } from "../../../identity/applications/applications.ts";
import { applicationOfSchema } from "../../../identity/applications/schema-applications.ts";
import type { Actor, Identity } from "../../../identity/types.ts";
import { badRequest } from "../refusal.ts";

/** What a request means that names no schema, and what identities have that belong to no application. */
export const defaultSchemaId = "default";

/**
 * The application that a schema's id means. The default one is made when it is first used, as the presets are.
 * @throws KratosRefusal 400
 */
export async function applicationBySchema(
  applications: Applications,
  { project, schemaId, actor }: { project: string; schemaId: string; actor: Actor },
): Promise<Application> {
  const id = schemaId === "" ? defaultSchemaId : schemaId;
  try {
    return await applicationOfSchema(applications, { project, schemaId: id, actor });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "not_found") throw error;
    if (id === defaultSchemaId) return await makeDefault(applications, { project, actor });
    throw badRequest(`Unable to find JSON Schema ID: ${id}`);
  }
}

/**
 * The application that a changed identity is to belong to; undefined where that stays. Traits need one whose schema they
 * follow: who belongs to none has been shown the default schema's id.
 * @throws KratosRefusal 400
 */
export async function applicationAfter(
  applications: Applications,
  {
    schemaId,
    hasTraits,
    before,
    ...by
  }: {
    project: string;
    actor: Actor;
    /** Empty where it was left out. */
    schemaId: string;
    hasTraits: boolean;
    before: Pick<Identity, "applicationId">;
  },
): Promise<Application | undefined> {
  if (schemaId === "" && (before.applicationId !== null || !hasTraits)) return undefined;
  return await applicationBySchema(applications, { ...by, schemaId });
}

async function makeDefault(
  applications: Applications,
  { project, actor }: { project: string; actor: Actor },
): Promise<Application> {
  try {
    return await applications.create(project, { name: defaultSchemaId, url: null }, actor);
  } catch (error) {
    // Somebody made it a moment ago.
    const made = await applications.find(project, { name: defaultSchemaId });
    if (made === undefined) throw error;
    return made;
  }
}

/** Tells the schema of each of these identities; 1 query, or none. */
export async function schemaIdsOf(
  applications: Pick<Applications, "get" | "list">,
  project: string,
  identities: readonly Pick<Identity, "applicationId">[],
): Promise<(identity: Pick<Identity, "applicationId">) => string> {
  const wanted = new Set(identities.flatMap(({ applicationId }) => applicationId ?? []));
  const [only] = wanted;
  const known =
    only === undefined
      ? []
      : wanted.size === 1
        ? [await applications.get(project, only)]
        : await applications.list(project);
  const names = new Map(known.map(({ id, name }) => [id, name]));
  return ({ applicationId }) => names.get(applicationId ?? "") ?? defaultSchemaId;
}
