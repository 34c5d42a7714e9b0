import { resolve } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { loadCatalogue } from "../../src/job/catalogue/catalogue.ts";

test("every bundled flow loads, and tells in JSON Schema what input it takes", async () => {
  const { flows } = await loadCatalogue(resolve("flows"));
  const inputs = [...flows].flatMap(([name, { input }]) =>
    input instanceof z.ZodType ? [[name, Object.keys(z.toJSONSchema(input).properties ?? {})]] : [],
  );
  expect(Object.fromEntries(inputs)).toEqual({
    "latchkey/check-health": ["reauthenticate"],
    "practice/download-statement": ["month"],
    "practice/statements": ["from"],
    "redmine/issues": ["project", "status", "limit"],
    "web/capture": ["url", "fullPage"],
    "wordpress/publish-post": ["title", "content", "status", "slug"],
  });
});
