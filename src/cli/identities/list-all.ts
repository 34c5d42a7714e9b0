import type { Identities } from "../../identity/identities.ts";
import type { IdentityFilter } from "../../identity/records/list-identities.ts";
import type { Identity } from "../../identity/types.ts";

const pageSize = 1_000;

/** Every identity of the project that the filter lets through, page by page. */
export async function listAll(
  identities: Identities,
  project: string,
  filter: IdentityFilter,
): Promise<Identity[]> {
  const found: Identity[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await identities.list(project, {
      ...filter,
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...items);
    if (nextCursor === null) return found;
    cursor = nextCursor;
  }
}
