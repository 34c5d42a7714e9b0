import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import Anchorbrowser from "anchorbrowser";
import { type AnchorCheck, expectData, expectRefusal } from "./ground.ts";

export function eventChecks(): AnchorCheck[] {
  return [
    {
      name: "events.waitFor answers what events.signal says, whichever comes first",
      async run(ground) {
        const client = ground.client();
        const name = `mfa ${randomUUID()}`;
        const waiting = client.events.waitFor(name, { timeoutMs: 20_000 });
        const waited = waiting.then(({ data }) => data);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await client.events.signal(name, { data: { code: "123456", nested: { yes: [1, null] } } });
        assert.deepEqual(await waited, { code: "123456", nested: { yes: [1, null] } });
        await client.events.signal(name, { data: { code: "second" } });
        expectData(ground, ["status"]);
        assert.deepEqual((await client.events.waitFor(name)).data, { code: "second" });
      },
    },
    {
      name: "events.waitFor ends with 408 when nothing is signalled; events.signal without data with 400",
      async run(ground) {
        const client = ground.client();
        const name = randomUUID();
        await expectRefusal(ground, client.events.waitFor(name, { timeoutMs: 50 }), {
          status: 408,
          is: Anchorbrowser.APIError,
        });
        await expectRefusal(ground, client.post(`/v1/events/${name}`, { body: {} }), {
          status: 400,
          is: Anchorbrowser.BadRequestError,
        });
      },
    },
  ];
}
