/**
 * The id of the session that an identity's saved state is: its own with the version digit of RFC 9562's "custom" UUIDs,
 * which no other id here has.
 */
export const idOfSavedState = (identityId: string): string =>
  `${identityId.slice(0, 14)}8${identityId.slice(15)}`;

/** Whose saved state a session's id may mean: identities' ids are of version 7, and were of version 4. */
export function identitiesMeantBy(sessionId: string): string[] {
  const id = sessionId.toLowerCase();
  if (id[14] !== "8") return [];
  return ["7", "4"].map((version) => `${id.slice(0, 14)}${version}${id.slice(15)}`);
}
