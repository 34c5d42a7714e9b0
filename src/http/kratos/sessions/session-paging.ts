import { noToken, numberHeaders, type Paging, tokenLinks } from "../paging.ts";

/** How many sessions come before a page. @throws KratosRefusal 400 for a token that was not given out */
export function offsetOf(paging: Paging): number {
  if (paging.kind === "pages") return paging.page * paging.size;
  if (paging.token === undefined) return 0;
  const text = Buffer.from(paging.token, "base64url").toString();
  if (!/^\d{1,9}$/.test(text)) throw noToken();
  return Number(text);
}

/** The headers of a page of so many in all. */
export function pageHeaders({
  paging,
  path,
  rest = [],
  total,
}: {
  paging: Paging;
  path: string;
  rest?: readonly (readonly [string, string])[];
  total: number;
}): Record<string, string> {
  const { size } = paging;
  if (paging.kind === "pages") return numberHeaders({ path, rest, size, page: paging.page, total });
  const end = offsetOf(paging) + size;
  const next = end < total ? tokenOf(end) : undefined;
  return {
    link: tokenLinks({ path, rest, size, first: tokenOf(0), next }),
    "x-total-count": String(total),
  };
}

const tokenOf = (offset: number) => Buffer.from(String(offset)).toString("base64url");
