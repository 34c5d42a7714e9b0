import { Failure } from "../../failure.ts";
import { presets } from "../traits/ruleset.ts";
import type { Actor } from "../types.ts";
import type { Application } from "./application-rows.ts";
import type { Applications } from "./applications.ts";

/**
 * The application a schema's id means: the one of that name, or a built-in schema's, which is made when it is first
 * asked for.
 * @throws Failure `not_found`
 */
export async function applicationOfSchema(
  applications: Pick<Applications, "find" | "create">,
  { project, schemaId, actor }: { project: string; schemaId: string; actor: Actor },
): Promise<Application> {
  const find = () => applications.find(project, { name: schemaId });
  const found = await find();
  if (found !== undefined) return found;
  const preset = Object.hasOwn(presets, schemaId) ? presets[schemaId as keyof typeof presets] : undefined;
  if (preset === undefined)
    throw new Failure("not_found", `Project "${project}" has no schema "${schemaId}".`);
  try {
    return await applications.create(project, { name: schemaId, url: null, traitsSchema: preset }, actor);
  } catch (error) {
    // Somebody made it a moment ago.
    const made = error instanceof Failure && error.code === "conflict" ? await find() : undefined;
    if (made === undefined) throw error;
    return made;
  }
}
