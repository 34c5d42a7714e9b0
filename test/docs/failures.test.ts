import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FailureCode, failures } from "../../src/failure.ts";

const root = join(import.meta.dirname, "../..");
const page = await readFile(join(root, "docs/failures.md"), "utf8");

interface Section {
  code: string;
  retried: string | undefined;
  status: string | undefined;
  advice: string | undefined;
  text: string;
}

const sections: Section[] = page
  .split(/^### /m)
  .slice(1)
  .map((text) => ({
    code: /^`(\w+)`$/m.exec(text)?.[1] ?? "",
    retried: /^Retried: (yes|no) · HTTP \d{3}$/m.exec(text)?.[1],
    status: /^Retried: (?:yes|no) · HTTP (\d{3})$/m.exec(text)?.[1],
    advice: /^> (.+)$/m.exec(text)?.[1],
    text,
  }));

test("docs/failures.md has one section per code, in the code's order", () => {
  expect(sections.map(({ code }) => code)).toEqual(Object.keys(failures));
});

describe.each(sections)("$code", ({ code, retried, status, advice, text }) => {
  const failure = failures[code as FailureCode];

  test("says what the code says", () => {
    expect({ retried, status, advice }).toEqual({
      retried: failure.retryable ? "yes" : "no",
      status: String(failure.status),
      advice: failure.advice,
    });
  });

  test("says when it happens and what to do, in more words", () => {
    expect(text).toMatch(/\*\*When\.\*\* [^*]{40,}\*\*What to do\.\*\* \S.{10,}/s);
  });
});

test("a code that nothing fails with is documented as such, and no other is", async () => {
  const files = (await readdir(join(root, "src"), { recursive: true })).filter(
    (file) => file.endsWith(".ts") && file !== "failure.ts",
  );
  const sources = (await Promise.all(files.map((file) => readFile(join(root, "src", file), "utf8")))).join(
    "\n",
  );
  const unused = Object.keys(failures).filter((code) => !sources.includes(`"${code}"`));
  const documented = sections
    .filter(({ text }) => text.includes("Nothing in this version"))
    .map(({ code }) => code);
  expect(unused).toEqual(documented);
});
