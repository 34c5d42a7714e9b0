import assert from "node:assert/strict";
import {
  expectRefusal,
  generic,
  type KratosCheck,
  type KratosGround,
  makeIdentity,
  nowhere,
  unlocated,
} from "./ground.ts";

const bcrypt = "$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq";
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const get = async (ground: KratosGround, id: string, ...includeCredential: string[]) =>
  (await ground.api().getIdentity({ id, includeCredential: includeCredential as never })).data.credentials ??
  {};

export function credentialChecks(): KratosCheck[] {
  return [
    {
      name: "an imported hash is kept and shown, though nobody can sign in with it unattended",
      async run(ground) {
        const { id, email } = await makeIdentity(ground, {
          credentials: { password: { config: { hashed_password: bcrypt } } },
        });
        const plain = await get(ground, id);
        assert.deepEqual(Object.keys(plain), ["password"]);
        assert.equal(plain["password"]?.config, undefined);
        const shown = await get(ground, id, "password");
        assert.deepEqual(shown["password"]?.config, { hashed_password: bcrypt });
        assert.deepEqual(shown["password"]?.identifiers, [email]);
        const health = await ground.call("GET", `/v1/identities/${id}/health`);
        assert.partialDeepStrictEqual(health.body, { canReauthenticate: { can: false } });
        assert.match(JSON.stringify(health.body), /hash/);
      },
    },
    {
      name: "an imported plain password is shown as a hash of its own, the same each time",
      async run(ground) {
        const password = "correct horse battery staple";
        const { id } = await makeIdentity(ground, { credentials: { password: { config: { password } } } });
        const hashes = [];
        for (let time = 0; time < 2; time += 1) {
          const { config } = (await get(ground, id, "password"))["password"] ?? {};
          hashes.push((config as { hashed_password: string }).hashed_password);
        }
        assert.match(hashes[0] ?? "", /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[\w+/]+\$[\w+/]+$/);
        assert.equal(hashes[0], hashes[1]);
      },
    },
    {
      name: "logins elsewhere, codes, an authenticator and keys are imported, listed and included",
      async run(ground) {
        const { id } = await makeIdentity(ground, {
          credentials: {
            oidc: { config: { providers: [{ provider: "github", subject: `B-${nonce()}` }] } },
            totp: { config: { totp_url: `otpauth://totp/x?secret=${secret}&period=60&digits=8` } },
            lookup_secret: {
              config: { codes: [{ code: "aaa" }, { code: "bbb", used_at: "2026-01-02T03:04:05Z" }] },
            },
            passkey: { config: { credentials: [{ id: "cGFzc2tleQ" }], user_handle: "aGFuZGxl" } },
          } as never,
        });
        const plain = await get(ground, id);
        assert.deepEqual(Object.keys(plain), ["lookup_secret", "oidc", "passkey", "password", "totp"]);
        assert.deepEqual([plain["totp"]?.identifiers, plain["lookup_secret"]?.identifiers], [[id], [id]]);
        assert.deepEqual(plain["passkey"]?.identifiers, ["aGFuZGxl"]);
        const shown = await get(ground, id, "oidc", "totp", "lookup_secret");
        assert.partialDeepStrictEqual(shown["oidc"]?.config, {
          providers: [{ provider: "github", initial_access_token: "", initial_id_token: "" }],
        });
        const config = shown["totp"]?.config as { totp_url: string } | undefined;
        const { searchParams } = new URL(config?.totp_url ?? "");
        assert.deepEqual(
          ["secret", "period", "digits"].map((name) => searchParams.get(name)),
          [secret, "60", "8"],
        );
        assert.partialDeepStrictEqual(shown["lookup_secret"]?.config, {
          recovery_codes: [{ code: "aaa" }, { code: "bbb", used_at: "2026-01-02T03:04:05Z" }],
        });
        assert.equal(shown["passkey"]?.config, undefined);
      },
    },
    {
      name: "include_credential refuses a type that there is not",
      async run(ground) {
        const { id } = await makeIdentity(ground);
        await expectRefusal(get(ground, id, "fingerprint"), {
          status: 400,
          message: generic,
          reason: /include_credential/,
        });
        await expectRefusal(ground.api().listIdentities({ includeCredential: ["XYZ"] }), {
          status: 400,
          message: generic,
        });
      },
    },
    {
      name: "a key that may only read is shown that there are credentials, and nothing in them",
      isPossible: ({ readKey }) => readKey !== undefined,
      async run(ground) {
        const { id } = await makeIdentity(ground, {
          credentials: { password: { config: { password: "for its own eyes only" } } },
        });
        const { data } = await ground
          .api(ground.readKey)
          .getIdentity({ id, includeCredential: ["password"] });
        assert.equal(data.credentials?.["password"]?.config, undefined);
      },
    },
    {
      name: "deleteIdentityCredentials takes a second factor away whole, and keeps the last first factor",
      async run(ground) {
        const api = ground.api();
        const { id } = await makeIdentity(ground, {
          credentials: {
            password: { config: { hashed_password: bcrypt } },
            totp: { config: { totp_url: `totp://x?secret=${secret}` } },
            lookup_secret: { config: { codes: [{ code: "aaa" }] } },
          } as never,
        });
        for (const type of ["totp", "lookup_secret"] as const) {
          const { status } = await api.deleteIdentityCredentials({ id, type });
          assert.equal(status, 204);
          await expectRefusal(api.deleteIdentityCredentials({ id, type }), {
            status: 404,
            reason: `You tried to remove a ${type} but this user have no ${type} set up.`,
          });
        }
        await expectRefusal(api.deleteIdentityCredentials({ id, type: "password" }), {
          status: 400,
          message: generic,
          reason: "You cannot remove the last first factor credential.",
        });
        await expectRefusal(api.deleteIdentityCredentials({ id, type: "azerty" as never }), { status: 404 });
        await expectRefusal(api.deleteIdentityCredentials({ id: nowhere, type: "totp" }), {
          status: 404,
          message: unlocated,
        });
      },
    },
    {
      name: "deleteIdentityCredentials takes one login elsewhere away, and a password where a login is left",
      async run(ground) {
        const api = ground.api();
        const subjects = [`0${nonce()}`, `1${nonce()}`, `2${nonce()}`];
        const identifiers = subjects.map((subject) => `github:${subject}`);
        const { id, email } = await makeIdentity(ground, {
          credentials: {
            password: { config: { hashed_password: bcrypt } },
            oidc: { config: { providers: subjects.map((subject) => ({ provider: "github", subject })) } },
          },
        });
        await expectRefusal(api.deleteIdentityCredentials({ id, type: "oidc" }), { status: 400 });
        await expectRefusal(api.deleteIdentityCredentials({ id, type: "oidc", identifier: "github:x" }), {
          status: 404,
        });
        await api.deleteIdentityCredentials({ id, type: "oidc", identifier: identifiers[1] ?? "" });
        const [first, , third] = identifiers;
        assert.deepEqual((await get(ground, id))["oidc"]?.identifiers, [first, third]);
        await api.deleteIdentityCredentials({ id, type: "password" });
        const { password } = await get(ground, id, "password");
        assert.deepEqual([password?.identifiers, password?.config], [[email], {}]);
      },
    },
    {
      name: "deleteIdentityCredentials leaves keys that sign in without a password, and refuses passkeys",
      async run(ground) {
        const api = ground.api();
        const keys = [
          { id: "a2V5MQ", is_passwordless: true },
          { id: "a2V5Mg", is_passwordless: false },
        ];
        const { id } = await makeIdentity(ground, {
          credentials: {
            webauthn: { config: { credentials: keys, user_handle: "aGFuZGxl" } },
            passkey: { config: { credentials: [{ id: "cGFzc2tleQ" }], user_handle: "aGFuZGxl" } },
          } as never,
        });
        for (let time = 0; time < 2; time += 1)
          assert.equal((await api.deleteIdentityCredentials({ id, type: "webauthn" })).status, 204);
        const { webauthn } = await get(ground, id, "webauthn");
        assert.deepEqual(webauthn?.config, { credentials: keys.slice(0, 1), user_handle: "aGFuZGxl" });
        await expectRefusal(api.deleteIdentityCredentials({ id, type: "passkey" }), {
          status: 400,
          reason: "Credentials type passkey cannot be deleted.",
        });
      },
    },
  ];
}

const nonce = () => Math.random().toString().slice(2);
