import type { JsonObject } from "./json.ts";

const draft07 = "http://json-schema.org/draft-07/schema#";

/** What an application without schema and ruleset asks: an e-mail address, a username, both or neither, and anything else. */
export const builtInSchema: JsonObject = {
  $schema: draft07,
  title: "Identity",
  type: "object",
  properties: {
    traits: {
      type: "object",
      properties: {
        email: {
          type: "string",
          format: "email",
          title: "E-Mail",
          maxLength: 320,
          "ory.sh/kratos": {
            credentials: { password: { identifier: true } },
            verification: { via: "email" },
            recovery: { via: "email" },
          },
        },
        username: {
          type: "string",
          title: "Username",
          minLength: 1,
          maxLength: 320,
          "ory.sh/kratos": { credentials: { password: { identifier: true } } },
        },
      },
    },
  },
};

/**
 * The schemas that Ory's configurations know by these ids. `preset://email` is the one of Kratos's quickstart,
 * `preset://username` the one that Ory's projects are made with.
 */
export const presets: Record<"preset://email" | "preset://username", JsonObject> = {
  "preset://email": {
    $id: "https://schemas.ory.sh/presets/kratos/quickstart/email-password/identity.schema.json",
    $schema: draft07,
    title: "Person",
    type: "object",
    properties: {
      traits: {
        type: "object",
        properties: {
          email: {
            type: "string",
            format: "email",
            title: "E-Mail",
            minLength: 3,
            "ory.sh/kratos": {
              credentials: { password: { identifier: true } },
              verification: { via: "email" },
              recovery: { via: "email" },
            },
          },
          name: {
            type: "object",
            properties: { first: { type: "string" }, last: { type: "string" } },
          },
        },
        required: ["email"],
        additionalProperties: false,
      },
    },
  },
  "preset://username": {
    $id: "https://schemas.ory.sh/presets/kratos/identity.username.schema.json",
    $schema: draft07,
    title: "Person",
    type: "object",
    properties: {
      traits: {
        type: "object",
        properties: {
          username: {
            type: "string",
            title: "Username",
            maxLength: 100,
            "ory.sh/kratos": {
              credentials: {
                password: { identifier: true },
                webauthn: { identifier: true },
                totp: { account_name: true },
              },
            },
          },
        },
        required: ["username"],
        additionalProperties: false,
      },
    },
  },
};
