import { expect, test } from "vitest";
import { secretsOfAnswer } from "../../src/login/answer-secrets.ts";
import { Secret } from "../../src/secret.ts";

test.each([
  ["https://a.example/magic?token=kJ8f2mQ9&next=dashboard", ["kJ8f2mQ9"]],
  ["https://a.example/login/magic-link/kJ8f2mQ9xT4v", ["kJ8f2mQ9xT4v"]],
  ["https://a.example/login?code=482913", ["482913"]],
  ["https://a.example/#/magic?token=kJ8f2mQ9xT4v", ["kJ8f2mQ9xT4v"]],
  ["https://a.example/x#access_token=kJ8f2mQ9xT4v", ["kJ8f2mQ9xT4v"]],
  ["https://a.example/users/sign-in", []],
])("what makes %s a secret is known apart from the address", (url, parts) => {
  const secrets = secretsOfAnswer({ kind: "link", url: new Secret(url) }).map((secret) => secret.reveal());
  expect(secrets).toEqual([url, ...parts]);
});
