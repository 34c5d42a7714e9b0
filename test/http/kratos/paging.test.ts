import fc from "fast-check";
import { expect, test } from "vitest";
import {
  firstToken,
  idOfToken,
  numberHeaders,
  readPaging,
  tokenLinks,
} from "../../../src/http/kratos/paging.ts";
import { KratosRefusal } from "../../../src/http/kratos/refusal.ts";

const none = { page_size: "", page_token: "", per_page: "", page: "" };
const read = (given: Partial<typeof none>) => readPaging({ ...none, ...given });
const last = "0195c3a2-7a7e-7f53-8d2c-3c5a1b2c3d4e";

test.each([
  [{}, { kind: "token", size: 250, token: undefined }],
  [{ page_size: "10" }, { kind: "token", size: 10, token: undefined }],
  [{ page_size: "501" }, { kind: "token", size: 500, token: undefined }],
  [{ page_size: "0" }, { kind: "token", size: 250, token: undefined }],
  [{ page_size: "-7" }, { kind: "token", size: 250, token: undefined }],
  [{ per_page: "50" }, { kind: "token", size: 50, token: undefined }],
  [{ page_token: last }, { kind: "token", size: 250, token: last }],
  [
    { page: "0", per_page: "10" },
    { kind: "pages", size: 10, page: 0 },
  ],
  [{ page: "4" }, { kind: "pages", size: 250, page: 4 }],
])("%o is %o", (given, expected) => {
  expect(read(given)).toEqual(expected);
});

test.each([
  { page_size: "ten" },
  { page_size: "1.5" },
  { page: "x" },
  { page: "5", per_page: "250" },
  { page: "101", per_page: "10" },
])("%o is refused", (given) => {
  expect(() => read(given)).toThrow(KratosRefusal);
});

test("a token is the id of an identity", () => {
  expect(idOfToken(last)).toBe(last);
  expect(idOfToken(undefined)).toBeUndefined();
  expect(idOfToken(firstToken)).toBeUndefined();
  expect(() => idOfToken("crafted")).toThrow("The page token is invalid, do not craft your own page tokens");
});

test("links name the first page and the next", () => {
  const path = "/admin/identities";
  expect(tokenLinks({ path, size: 2, next: last })).toBe(
    `</admin/identities?page_size=2&page_token=${firstToken}>; rel="first",` +
      `</admin/identities?page_size=2&page_token=${last}>; rel="next"`,
  );
  expect(tokenLinks({ path, size: 2, next: undefined })).not.toContain('rel="next"');
  expect(tokenLinks({ path, size: 2, next: last, rest: [["ids", "a>b"]] })).toContain("?ids=a%3Eb&page_size");
});

test("pages by number lead through all there is, and end", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 40 }), (total, size) => {
      let seen = 0;
      for (let page: number | undefined = 0; page !== undefined; ) {
        seen += Math.min(size, Math.max(0, total - page * size));
        const { link } = numberHeaders({ path: "/x", size, page, total });
        const next: string | undefined = /<\/x\?page=(\d+)&per_page=\d+>; rel="next"/.exec(link)?.[1];
        page = next === undefined ? undefined : Number(next);
      }
      expect(seen).toBe(total);
    }),
  );
});
