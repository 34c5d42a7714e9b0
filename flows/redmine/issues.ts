import { defineFlow, Failure, type Page, z } from "latchkey";

const issue = z.object({
  id: z.number(),
  url: z.string(),
  project: z.string().describe("The project's identifier"),
  tracker: z.string(),
  status: z.string(),
  closed: z.boolean(),
  priority: z.string(),
  subject: z.string(),
  assignee: z.string().nullable(),
});

interface IssueList {
  issues: z.infer<typeof issue>[];
  next: string | undefined;
}

const statusFilter = { open: "o", closed: "c", all: "*" };

/** Source page: any page of Redmine's that needs a login, `https://redmine.example.com/my/page` say. */
export default defineFlow({
  description: "List Redmine issues, newest first",
  input: z
    .strictObject({
      project: z
        .string()
        .regex(/^[a-z0-9_-]+$/, "a project's identifier, as in its URL")
        .optional()
        .describe("The project's identifier; every project the identity sees unless given"),
      status: z.enum(["open", "closed", "all"]).default("open"),
      limit: z.int().min(1).max(1_000).default(100).describe("Most issues to list"),
    })
    .prefault({}),
  output: z.object({
    issues: z.array(issue),
    more: z.boolean().describe("Whether there are more than the limit"),
  }),
  // It only reads.
  restartable: true,

  async run({ page, input, step }) {
    // Redmine may live in a folder of its host; its own menu knows which.
    const home = await page.locator("#top-menu a.home").evaluate((link: HTMLAnchorElement) => link.href);
    const list = new URL(input.project === undefined ? "issues" : `projects/${input.project}/issues`, home);
    list.search = new URLSearchParams([
      ["set_filter", "1"], // Rather than the filter the user set last.
      ["status_id", statusFilter[input.status]],
      ["sort", "id:desc"],
      ["per_page", "100"],
      ...["project", "tracker", "status", "priority", "subject", "assigned_to"].map((column) => [
        "c[]",
        column,
      ]),
    ]).toString();

    let { issues, next } = await step("read the newest issues", () => readList(page, list.href));
    while (next !== undefined && issues.length < input.limit) {
      const url = next;
      const older = await step(`read the issues after ${issues.length}`, () => readList(page, url));
      issues = [...issues, ...older.issues];
      next = older.next;
    }
    return { issues: issues.slice(0, input.limit), more: next !== undefined || issues.length > input.limit };
  },
});

/** One page of the list, found by Redmine's class names: its words are in the user's language. */
async function readList(page: Page, url: string): Promise<IssueList> {
  const response = await page.goto(url);
  // A Redmine open to the public would answer a visitor with a shorter list, which looks right and is wrong.
  if ((await page.locator("#loggedas").count()) === 0) {
    throw new Failure("session_lapsed", "Redmine ended the session.");
  }
  if (response?.status() === 404 || response?.status() === 403) {
    throw new Failure("invalid_input", "Redmine shows this identity no such project, or no issues in it.");
  }
  await page.locator("table.issues, p.nodata").first().waitFor();

  const issues = await page.locator("table.issues tr.issue").evaluateAll((rows) =>
    rows.map((row) => {
      const text = (column: string) => row.querySelector(`td.${column}`)?.textContent.trim() ?? "";
      const link = (column: string) => row.querySelector<HTMLAnchorElement>(`td.${column} a`)?.href ?? "";
      return {
        id: Number(text("id")),
        url: link("id"),
        project: link("project").split("/").at(-1) ?? "",
        tracker: text("tracker"),
        status: text("status"),
        closed: row.classList.contains("closed"),
        priority: text("priority"),
        subject: text("subject"),
        assignee: text("assigned_to") || null,
      };
    }),
  );
  const [next] = await page
    .locator(".pagination .next a")
    .evaluateAll((links: HTMLAnchorElement[]) => links.map((link) => link.href));
  return { issues, next };
}
