import { z } from "zod";
import { Failure } from "../../../failure.ts";
import type { Identities } from "../../../identity/identities.ts";
import { isUuid } from "../../../identity/identity-input.ts";
import type { Identity } from "../../../identity/types.ts";

export const identityTag = "anchor: identities";

/** What Anchor calls an identity that nobody gave a name. */
export const unnamed = "Unnamed Identity";

export const idParams = z.object({ id: z.string().meta({ description: "A UUID." }) });

/** Of any kind, and not unique: it is for people. */
export const shownNameSchema = z.string().max(1_000);
export const metadataSchema = z.record(z.string(), z.json());
export const shownMetadataSchema = z.record(z.string(), z.unknown());
export const statusSchema = z.enum(["pending", "validated", "failed"]);
export const timeSchema = z.iso.datetime();

/** By its id alone: a name is not what these clients mean. @throws Failure `unknown_identity` */
export async function identityById(identities: Identities, project: string, id: string): Promise<Identity> {
  if (!isUuid(id)) throw new Failure("unknown_identity", "Identity not found.");
  return await identities.get(project, id);
}

/** What these clients are shown as its name. */
export const shownName = ({ displayName, name }: Identity): string => displayName ?? name;
