/**
 * What a key may do, each including those before it. `credentials` is needed to read stored credentials, where
 * LATCHKEY_CREDENTIALS_ROUTE asks for it.
 */
export const scopes = ["read", "submit", "admin", "credentials"] as const;
export type Scope = (typeof scopes)[number];

/** Whether a key of scope `held` may do what needs `needed`. */
export function includesScope(held: Scope, needed: Scope): boolean {
  return scopes.indexOf(held) >= scopes.indexOf(needed);
}
