/** What a new flow's files are made of. */
export interface Template {
  /** `acme/invoice`. */
  name: string;
  /** The page it begins on. */
  url: URL;
}

/** A flow that runs as it is: it opens the page and reads its heading. */
export function flowTemplate({ url }: Template): string {
  const path = `${url.pathname}${url.search}`;
  const target =
    path === "/" ? "identity.sourceUrl" : `new URL(${JSON.stringify(path)}, identity.sourceUrl).href`;
  return `import { defineFlow, z } from "latchkey";

export default defineFlow({
  description: "Read the page's heading",
  input: z.strictObject({}).prefault({}),
  output: z.object({ heading: z.string() }),
  // It only reads, so it may start over if the site ends the session half-way.
  restartable: true,

  async run({ page, identity, step }) {
    await step("open the page", () => page.goto(${target}));
    const heading = await step("read the heading", () => page.getByRole("heading").first().innerText());
    return { heading };
  },
});
`;
}

/** Its test, on a page of its own; for \`node:test\`. */
export function testTemplate({ name, url }: Template): string {
  const flow = name.slice(name.indexOf("/") + 1);
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { testFlow } from "latchkey/testing";
import flow from "./${flow}.ts";

test("reads the page's heading", async () => {
  const { outcome, requests } = await testFlow(flow, { site: "<h1>Welcome back</h1>" });
  assert.deepEqual(outcome, { status: "succeeded", result: { heading: "Welcome back" } });
  assert.ok(requests.includes(${JSON.stringify(`GET ${url.pathname}${url.search}`)}));
});
`;
}

/** A site that says nothing but whose it is: the generic login needs no more. */
export function siteTemplate({ url }: Template): string {
  return `import { defineSite } from "latchkey";

// How this site is signed in to. Without more than its hosts, the generic login finds its own way;
// docs/flows.md lists what can be said here.
export default defineSite({
  hosts: [${JSON.stringify(url.host)}],
});
`;
}
