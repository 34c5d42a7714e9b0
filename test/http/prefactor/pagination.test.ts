import fc from "fast-check";
import { expect, test } from "vitest";
import { describePage, pageOf } from "../../../src/http/prefactor/pagination.ts";

const size = fc.integer({ min: 1, max: 100 });
const total = fc.integer({ min: 0, max: 1_000 });

test("going on from page to page meets every item once, and ends", () => {
  fc.assert(
    fc.property(size, total, (pageSize, items) => {
      const met: number[] = [];
      for (let offset: number | null = 0; offset !== null; ) {
        const page = describePage({ offset, size: pageSize }, items);
        expect(page.page_index).toBe(offset / pageSize + 1);
        expect(page.previous_page_offset).toBe(offset === 0 ? null : offset - pageSize);
        const isLast = page.page_index === Math.max(1, page.page_count);
        expect(page.next_page_offset === null).toBe(isLast);
        for (let item = page.item_start; item <= page.item_end && item > 0; item += 1) met.push(item);
        offset = page.next_page_offset;
      }
      expect(met).toEqual(Array.from({ length: items }, (_, index) => index + 1));
    }),
  );
});

test("wherever a page begins, its numbers stay within what there is", () => {
  fc.assert(
    fc.property(size, total, fc.integer({ min: 0, max: 2_000 }), (pageSize, items, offset) => {
      const page = describePage({ offset, size: pageSize }, items);
      expect(page.item_end).toBeLessThanOrEqual(items);
      expect(page.item_end - page.item_start).toBeLessThan(pageSize);
      expect(page.item_start).toBe(offset < items ? offset + 1 : 0);
      expect(page.next_page_offset ?? -1).toBeLessThan(items);
      const previous = page.previous_page_offset ?? -1;
      expect(previous).toBeLessThan(offset);
      const leads = describePage({ offset: Math.max(0, previous), size: pageSize }, items);
      expect(leads.item_end > 0).toBe(items > 0);
    }),
  );
});

test("the documented example's numbers", () => {
  expect(describePage({ offset: 90, size: 10 }, 200)).toEqual({
    item_count: 200,
    item_start: 91,
    item_end: 100,
    page_count: 20,
    page_index: 10,
    page_offset: 90,
    page_size: 10,
    next_page_offset: 100,
    previous_page_offset: 80,
  });
  expect(pageOf({})).toEqual({ offset: 0, size: 20 });
});
