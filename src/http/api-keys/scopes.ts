/** What a key may do, each including those before it. */
export const scopes = ["read", "submit", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** Whether a key of scope `held` may do what needs `needed`. */
export function includesScope(held: Scope, needed: Scope): boolean {
  return scopes.indexOf(held) >= scopes.indexOf(needed);
}
