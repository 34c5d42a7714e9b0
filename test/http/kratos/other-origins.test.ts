import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import { useTestApi } from "../../support/api-of-file.ts";

const on = useTestApi();

/** As the command line makes one: of a site, and of no application. */
async function ofNoApplication(): Promise<string> {
  const { identities } = await on.ground.parts.store();
  const { id } = await identities.create(
    "default",
    {
      sourceUrl: "https://site.example/",
      credentials: [
        { type: "username_password", username: new Secret("ada"), password: new Secret("a password") },
      ],
    },
    { name: "test" },
  );
  return id;
}

test("an identity of no application is shown with the default schema, and joins it when it is given traits", async () => {
  const url = `/admin/identities/${await ofNoApplication()}`;
  expect((await on.api.call({ url })).json()).toMatchObject({
    schema_id: "default",
    traits: {},
    credentials: { password: { identifiers: [] } },
  });
  expect((await on.api.call({ url: "/schemas/default" })).statusCode).toBe(200);
  const metadata = { metadata_public: { plan: "gold" } };
  const bare = await on.api.call({ method: "PUT", url, payload: { traits: {}, ...metadata } });
  expect(bare.statusCode, bare.body).toBe(200);
  expect(bare.json()).toMatchObject({ schema_id: "default", ...metadata });
  const email = `${randomUUID()}@example.org`;
  const patch = [{ op: "add", path: "/traits/email", value: email }];
  const given = await on.api.call({ method: "PATCH", url, payload: patch });
  expect(given.statusCode, given.body).toBe(200);
  expect(given.json()).toMatchObject({
    schema_id: "default",
    traits: { email },
    credentials: { password: { identifiers: [email] } },
    ...metadata,
  });
});

test("a new password leaves the username that came with the old one, where no trait is one", async () => {
  const id = await ofNoApplication();
  const payload = { traits: {}, credentials: { password: { config: { password: "another password" } } } };
  const response = await on.api.call({ method: "PUT", url: `/admin/identities/${id}`, payload });
  expect(response.statusCode, response.body).toBe(200);
  const { identities } = await on.ground.parts.store();
  const { usernamePassword } = await identities.revealCredentials(id, { name: "test" });
  expect(usernamePassword?.username.reveal()).toBe("ada");
  expect(usernamePassword?.password?.reveal()).toBe("another password");
});

test("a login elsewhere goes along to another schema", async () => {
  const providers = [{ provider: "github", subject: randomUUID() }];
  const make = (schema_id: string) => {
    const traits = { email: `${randomUUID()}@example.org` };
    const payload = { schema_id, traits, credentials: { oidc: { config: { providers } } } };
    return on.api.call({ method: "POST", url: "/admin/identities", payload });
  };
  const { id, traits } = (await make("preset://email")).json<{ id: string; traits: object }>();
  const url = `/admin/identities/${id}`;
  const moved = await on.api.call({ method: "PUT", url, payload: { schema_id: "default", traits } });
  expect(moved.json()).toMatchObject({
    schema_id: "default",
    credentials: { oidc: { identifiers: [`github:${providers[0]?.subject}`] } },
  });
  expect((await make("default")).statusCode).toBe(409);
  expect((await make("preset://email")).statusCode).toBe(201);
});
