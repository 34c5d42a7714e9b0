/** Why Postgres' jsonb cannot hold a text, or undefined where it can. */
export function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "it holds a NUL character";
  return text.isWellFormed() ? undefined : "it holds half of a surrogate pair";
}
