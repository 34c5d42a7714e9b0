import type { Kysely } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { forgetDeleted } from "./deleted-identities.ts";
import { forgetOldRequests } from "./identity-requests.ts";

/** Forgets what is of no use any more: identities removed long ago, requests that may no longer be repeated. */
export async function forgetOldIdentities(kysely: Kysely<Tables>): Promise<void> {
  await forgetDeleted(kysely);
  await forgetOldRequests(kysely);
}
