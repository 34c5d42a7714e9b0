import { z } from "zod";
import { isUuid } from "../../identity/identity-input.ts";
import { badRequest } from "./refusal.ts";

/** A parameter of which the first counts where it is there twice. */
export const one = () =>
  z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((value) => (typeof value === "string" ? value : value?.[0]) ?? "");

/** A parameter that may be there more than once. */
export const many = () =>
  z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((value) => (value === undefined ? [] : [value].flat()));

/** Read by `readPaging`. */
export const pagingQuery = {
  page_size: one().meta({ description: "250 unless given, 500 at most." }),
  page_token: one().meta({ description: "From the Link header of the page before." }),
  per_page: one().meta({ description: "As `page_size`." }),
  page: one().meta({ description: "From 0: the older way, by numbers of pages. Needs no token." }),
};

export type Paging =
  | { kind: "token"; size: number; token: string | undefined }
  /** `page` counts from 0. */
  | { kind: "pages"; size: number; page: number };

const usualSize = 250;
const mostSize = 500;
/** Beyond so many items nobody pages by numbers: each page would cost more than the one before. */
const mostSkipped = 1_000;

/** @throws KratosRefusal 400 */
export function readPaging(query: { [Name in keyof typeof pagingQuery]: string }): Paging {
  const size = sizeOf(query.page_size === "" ? query.per_page : query.page_size);
  if (query.page === "") return { kind: "token", size, token: query.page_token || undefined };
  const page = Math.max(0, integer("page", query.page));
  if (page * size > mostSkipped)
    throw badRequest(
      `Pages by number end after ${mostSkipped} items: use page_size and page_token to go further.`,
    );
  return { kind: "pages", size, page };
}

function sizeOf(text: string): number {
  const size = text === "" ? 0 : integer("page_size", text);
  return size <= 0 ? usualSize : Math.min(size, mostSize);
}

function integer(name: string, text: string): number {
  if (!/^[-+]?\d{1,15}$/.test(text)) throw badRequest(`Invalid value for parameter \`${name}\`: no integer.`);
  return Number(text);
}

/** The id of the last item of the page before; none for the first page. @throws KratosRefusal 400 */
export function idOfToken(token: string | undefined): string | undefined {
  if (token === undefined || token === firstToken) return undefined;
  if (!isUuid(token)) throw noToken();
  return token.toLowerCase();
}

export const noToken = () => badRequest("The page token is invalid, do not craft your own page tokens");

/** Names the first page. */
export const firstToken = "00000000-0000-0000-0000-000000000000";

interface Page {
  /** `/admin/identities`. */
  path: string;
  /** The request's other parameters: the next page is of the same. */
  rest?: readonly (readonly [string, string])[];
}

/** The Link header (RFC 8288) of a page by token. */
export function tokenLinks({
  path,
  rest = [],
  size,
  first = firstToken,
  next,
}: Page & { size: number; first?: string; next: string | undefined }): string {
  const link = (token: string, rel: string) =>
    linkTo({
      path,
      rest,
      page: [
        ["page_size", String(size)],
        ["page_token", token],
      ],
      rel,
    });
  return [link(first, "first"), ...(next === undefined ? [] : [link(next, "next")])].join(",");
}

/** The headers of a page by number. */
export function numberHeaders({
  path,
  rest = [],
  size,
  page,
  total,
}: Page & { size: number; page: number; total: number }): { link: string; "x-total-count": string } {
  const last = Math.max(0, Math.ceil(total / size) - 1);
  const link = (to: number, rel: string) =>
    linkTo({
      path,
      rest,
      page: [
        ["page", String(to)],
        ["per_page", String(size)],
      ],
      rel,
    });
  return {
    link: [
      link(0, "first"),
      ...(page < last ? [link(page + 1, "next")] : []),
      ...(page > 0 ? [link(Math.min(page - 1, last), "prev")] : []),
      link(last, "last"),
    ].join(","),
    "x-total-count": String(total),
  };
}

function linkTo({
  path,
  rest = [],
  page,
  rel,
}: Page & { page: readonly (readonly [string, string])[]; rel: string }): string {
  const query = new URLSearchParams([...rest, ...page].map(([name, value]) => [name, value]));
  return `<${path}?${query.toString()}>; rel="${rel}"`;
}
