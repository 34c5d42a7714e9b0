import { z } from "zod";
import { isUuid } from "../../identity/identity-input.ts";
import { defineRoute } from "../define-route.ts";
import { runSchema, runStatuses, viewRun } from "./view-run.ts";

const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => date.getTime() >= 0, "is before 1970");

const tag = z.string().regex(/^[^:]{1,100}:.{0,500}$/su, "is not of the form name:value");

export const listRuns = defineRoute({
  method: "GET",
  url: "/v1/runs",
  access: "read",
  tag: "runs",
  summary: "List runs, newest first",
  query: z.strictObject({
    status: z.enum(runStatuses).optional(),
    flow: z.string().min(1).max(200).optional(),
    identityId: z.string().min(1).max(200).optional().meta({ description: "Id or name." }),
    scheduleId: z.uuid().optional().meta({ description: "Those that this schedule made." }),
    batchId: z.uuid().optional().meta({ description: "Those that were submitted in this batch." }),
    tag: z
      .union([tag, z.array(tag).max(20)])
      .optional()
      .meta({ description: "`name:value`; given several times, those that have all of them." }),
    createdAfter: time.optional(),
    createdBefore: time.optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(50),
    cursor: z.string().min(1).max(500).optional().meta({ description: "`nextCursor` of the page before." }),
  }),
  responses: {
    200: z.object({
      items: z.array(runSchema),
      nextCursor: z.string().nullable().meta({ description: "Null on the last page." }),
    }),
  },
  failures: ["unknown_identity"],
  async handler({ deps, query: { identityId, tag: tags, ...filter }, caller: { project } }) {
    const page = await deps.runs.page({
      ...given(filter),
      project,
      ...(tags === undefined ? {} : { tags: Object.fromEntries([tags].flat().map(splitTag)) }),
      // An id is taken as it is: a removed identity's runs are still there.
      ...(identityId === undefined
        ? {}
        : {
            identityId: isUuid(identityId) ? identityId : (await deps.identities.get(project, identityId)).id,
          }),
    });
    return {
      status: 200,
      body: { items: page.items.map((run) => viewRun(run, deps)), nextCursor: page.nextCursor },
    };
  },
});

function splitTag(text: string): [name: string, value: string] {
  const at = text.indexOf(":");
  return [text.slice(0, at), text.slice(at + 1)];
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The values that are there. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
