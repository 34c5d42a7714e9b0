import { expectTypeOf, test } from "vitest";
import type statements from "../../flows/practice/statements.ts";
import type { Client, EndedRun, FlowTypes, InputOf, OutputOf } from "../../src/client/index.ts";
import { defineFlow, z } from "../../src/index.ts";

const dated = defineFlow({
  description: "A date, and a number with a default",
  input: z.object({ day: z.string().transform((text) => new Date(text)), count: z.number().default(1) }),
  run: async ({ input }) => ({ at: input.day.getTime() + input.count }),
});
const bare = defineFlow({ description: "No input", run: async () => "done" });

// The compiler is the test: `npm run check` fails where one of these does not hold.
test("a flow's type tells what its input schema takes and what it comes to", () => {
  expectTypeOf<InputOf<typeof dated>>().toEqualTypeOf<{ day: string; count?: number | undefined }>();
  expectTypeOf<OutputOf<typeof dated>>().toEqualTypeOf<{ at: number }>();
  expectTypeOf<InputOf<typeof bare>>().toEqualTypeOf<undefined>();
  expectTypeOf<OutputOf<typeof bare>>().toEqualTypeOf<string>();
  expectTypeOf<InputOf<typeof statements>>().toEqualTypeOf<{ from?: string | undefined } | undefined>();
});

test("a client knows its flows by name: their inputs, and the results of their runs", () => {
  type Flows = { "a/dated": typeof dated; "a/bare": typeof bare };
  expectTypeOf<Flows>().toExtend<FlowTypes>();
  type Mine = Client<Flows>;
  const calls = (client: Mine) => [
    client.submit("a/dated", { identityId: "me", input: { day: "2026-08-01" } }),
    client.submit("a/bare", { identityId: "me" }),
    // @ts-expect-error no such flow
    client.submit("a/none", { identityId: "me", input: {} }),
    // @ts-expect-error the flow needs its input
    client.submit("a/dated", { identityId: "me" }),
    // @ts-expect-error a number is no day
    client.submit("a/dated", { identityId: "me", input: { day: 1 } }),
  ];
  expectTypeOf(calls).toBeFunction();
  const ran = (client: Mine) => client.run("a/dated", { identityId: "me", input: { day: "2026-08-01" } });
  expectTypeOf<Awaited<ReturnType<typeof ran>>>().toEqualTypeOf<EndedRun<{ at: number }>>();
});

test("without flows any name and any input may be sent", () => {
  const call = (client: Client) => client.submit("any/flow", { identityId: "me", input: { what: ["ever"] } });
  expectTypeOf(call).toBeFunction();
});
