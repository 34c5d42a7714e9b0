import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  expectRefusal,
  freshEmail,
  generic,
  type KratosCheck,
  makeIdentity,
  nowhere,
  taken,
  uuid,
} from "./ground.ts";

const links = (header: unknown) =>
  new Map(
    [...String(header).matchAll(/<(?<url>[^>]+)>; rel="(?<rel>\w+)"/g)].map(({ groups }) => [
      groups?.["rel"],
      new URL(groups?.["url"] ?? "", "http://x"),
    ]),
  );

export function listChecks(): KratosCheck[] {
  return [
    {
      name: "listIdentities pages by token through all there is, in the order of ids, and says no total",
      async run(ground) {
        for (let count = 0; count < 5; count += 1) await makeIdentity(ground);
        const ids: string[] = [];
        let pageToken: string | undefined;
        do {
          const { data, headers } = await ground
            .api()
            .listIdentities({ pageSize: 2, ...(pageToken === undefined ? {} : { pageToken }) });
          const found = links(headers["link"]);
          assert.equal(
            found.get("first")?.href,
            "http://x/admin/identities?page_size=2&page_token=00000000-0000-0000-0000-000000000000",
          );
          assert.equal(headers["x-total-count"], undefined);
          assert(data.every((identity) => identity.credentials === undefined));
          assert(data.every((identity) => "metadata_admin" in identity && "metadata_public" in identity));
          ids.push(...data.map(({ id }) => id));
          pageToken = found.get("next")?.searchParams.get("page_token") ?? undefined;
          if (pageToken !== undefined) assert.equal(pageToken, ids.at(-1));
        } while (pageToken !== undefined);
        assert.equal(new Set(ids).size, ids.length);
        assert.deepEqual(ids, ids.toSorted());
        assert(ids.length >= 5);
      },
    },
    {
      name: "listIdentities pages by number with X-Total-Count, and only so far",
      async run(ground) {
        const { data, headers } = await ground.api().listIdentities({ page: 1, perPage: 2 });
        assert.equal(data.length, 2);
        assert.match(String(headers["x-total-count"]), /^\d+$/);
        assert.deepEqual([...links(headers["link"]).keys()], ["first", "next", "prev", "last"]);
        await expectRefusal(ground.api().listIdentities({ page: 11, perPage: 100 }), {
          status: 400,
          message: generic,
        });
        assert.equal((await ground.api().listIdentities({ perPage: 3 })).data.length, 3);
      },
    },
    {
      name: "listIdentities filters by ids, by an identifier however it is written, and by its beginning",
      async run(ground) {
        const { id, email } = await makeIdentity(ground);
        const other = await makeIdentity(ground);
        const list = async (query: Parameters<ReturnType<typeof ground.api>["listIdentities"]>[0]) =>
          (await ground.api().listIdentities(query)).data;
        assert.deepEqual(
          (await list({ ids: [other.id, id, id, nowhere] })).map((one) => one.id),
          [id, other.id].toSorted(),
        );
        const [found, ...more] = await list({ credentialsIdentifier: ` ${email.toUpperCase()} ` });
        assert.deepEqual([found?.id, more.length], [id, 0]);
        assert.deepEqual(Object.keys(found?.credentials ?? {}), ["password"]);
        assert.deepEqual(await list({ credentialsIdentifier: freshEmail() }), []);
        const [alike] = await list({ previewCredentialsIdentifierSimilar: email.slice(0, -8) });
        assert.equal(alike?.id, id);
        assert.deepEqual(await list({ organizationId: nowhere }), []);
        assert((await list({ ids: [id], includeCredential: ["password"] }))[0]?.credentials !== undefined);
      },
    },
    {
      name: "listIdentities tells logins elsewhere apart by case",
      async run(ground) {
        const subject = `CaSe-${randomUUID()}`;
        const { id } = await makeIdentity(ground, {
          credentials: { oidc: { config: { providers: [{ provider: "bar", subject }] } } },
        });
        const list = async (credentialsIdentifier: string) =>
          (await ground.api().listIdentities({ credentialsIdentifier, includeCredential: ["oidc"] })).data;
        const [found] = await list(`bar:${subject}`);
        assert.equal(found?.id, id);
        assert(found.credentials?.["oidc"]?.config !== undefined);
        assert.deepEqual(await list(`bar:${subject.toLowerCase()}`), []);
      },
    },
    {
      name: "listIdentities refuses crafted tokens, sizes that are no numbers, bad ids, and two filters at once",
      async run(ground) {
        const api = ground.api();
        const refusals: [Parameters<typeof api.listIdentities>[0], string | RegExp][] = [
          [{ pageToken: "crafted" }, "The page token is invalid, do not craft your own page tokens"],
          [{ pageSize: "ten" as never }, /page_size/],
          [{ ids: ["x"] }, "Invalid UUID value `x` for parameter `ids`."],
          [
            { organizationId: "not-a-uuid" },
            "Invalid UUID value `not-a-uuid` for parameter `organization_id`.",
          ],
          [{ ids: [nowhere], credentialsIdentifier: "x" }, "You cannot combine multiple filters in this API"],
          [
            { credentialsIdentifier: "x", previewCredentialsIdentifierSimilar: "x" },
            "You cannot combine multiple filters in this API",
          ],
        ];
        for (const [query, reason] of refusals)
          await expectRefusal(api.listIdentities(query), { status: 400, message: generic, reason });
        assert.equal((await api.listIdentities({ pageSize: 1, consistency: "eventual" })).data.length, 1);
      },
    },
    {
      name: "batchPatchIdentities answers 200 with what came of each, in order",
      async run(ground) {
        const email = freshEmail();
        const patch = randomUUID();
        const base = { schema_id: "preset://email" };
        const { status, data } = await ground.api().batchPatchIdentities({
          patchIdentitiesBody: {
            identities: [
              { patch_id: patch, create: { ...base, traits: { email } } },
              { create: { ...base, traits: { email } } },
              { create: null as never },
              { create: { ...base, traits: { wrong: 1 } } },
              { create: { schema_id: "unknown", traits: {} } },
              { create: { ...base, traits: null as never } },
            ],
          },
        });
        assert.equal(status, 200);
        const items = (data.identities ?? []) as unknown as (Record<string, unknown> | null)[];
        assert.deepEqual(
          items.map((item) => item?.["action"]),
          ["create", "error", undefined, "error", "error", "error"],
        );
        assert.match(String(items[0]?.["identity"]), uuid);
        assert.equal(items[0]?.["patch_id"], patch);
        assert.equal(items[2], null);
        const errors = items.map((item) => item?.["error"]);
        assert.partialDeepStrictEqual(errors[1], { code: 409, status: "Conflict", message: taken });
        assert.partialDeepStrictEqual(errors[4], {
          code: 400,
          status: "Bad Request",
          message: generic,
          reason: "Unable to find JSON Schema ID: unknown",
        });
      },
    },
    {
      name: "batchPatchIdentities refuses all for a bad state, a bad hash, too many, or too many passwords",
      async run(ground) {
        const batch = (identities: object[]) =>
          ground.api().batchPatchIdentities({ patchIdentitiesBody: { identities } });
        const create = (more: object) => ({
          create: { schema_id: "preset://email", traits: { email: freshEmail() }, ...more },
        });
        const good = create({});
        const hashed = (hash: string) => ({
          credentials: { password: { config: { hashed_password: hash } } },
        });
        const passwords = Array.from({ length: 201 }, () =>
          create({ credentials: { password: { config: { password: "x" } } } }),
        );
        const refusals: [object[], RegExp][] = [
          [[good, create({ state: "asleep" })], /identity state is not valid/],
          [[good, create(hashed("no hash"))], /does not match any known hash format/],
          [Array.from({ length: 1_001 }, () => create({})), /1000/],
          [passwords, /200/],
        ];
        for (const [identities, reason] of refusals)
          await expectRefusal(batch(identities), { status: 400, message: generic, reason });
        const { data } = await ground
          .api()
          .listIdentities({ credentialsIdentifier: good.create.traits.email });
        assert.deepEqual(data, []);
        await expectRefusal(batch([{ create: { id: "x" } }]), {
          status: 400,
          message: 'json: unknown field "id"',
        });
      },
    },
  ];
}
