import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { readSession, sessionBody } from "../../../src/http/anchor/sessions/session-body.ts";
import { publicUrl } from "../../../src/http/public-url.ts";

const read = (body: unknown) => readSession(sessionBody.parse(body));

test("nothing asks for a session as it usually is", () => {
  const usual = { identityIds: [], skipValidation: false, tags: [], recording: false, configuration: {} };
  for (const body of [undefined, null, {}, { unknown: { field: 1 } }]) expect(read(body)).toEqual(usual);
  expect(read({ browser: null, session: null, identities: null })).toMatchObject({ identityIds: [] });
});

test("what is asked for is read, wherever it may stand", () => {
  const id = randomUUID();
  expect(
    read({
      browser: {
        identities: [{ id }, { id }],
        headless: { active: false },
        viewport: { width: 800 },
        profile: { name: "mine", persist: true },
      },
      session: {
        initial_url: "https://site.example/",
        tags: ["a"],
        recording: { active: true },
        timeout: { idle_timeout: -1, max_duration: 1.5 },
      },
      identity_skip_validation: true,
    }),
  ).toMatchObject({
    identityIds: [id],
    skipValidation: true,
    headed: true,
    viewport: { width: 800, height: 900 },
    profile: { name: "mine", persist: true },
    initialUrl: "https://site.example/",
    tags: ["a"],
    recording: true,
    idleMinutes: null,
    maxMinutes: 1.5,
  });
});

describe("proxies", () => {
  const custom = {
    active: true,
    type: "custom",
    server: "http://p.example:3128",
    username: "u",
    password: "pw",
  };
  const withProxy = (proxy: object) => read({ session: { proxy } });

  test("one of the caller's own is used, and its password told to nobody", () => {
    const { proxy, configuration } = withProxy(custom);
    expect(proxy).toMatchObject({ server: "http://p.example:3128", username: "u" });
    expect(proxy?.password?.reveal()).toBe("pw");
    expect(configuration).toEqual({
      session: { proxy: { active: true, type: "custom", server: "http://p.example:3128" } },
    });
  });

  test("a user in its address is taken out of it", () => {
    const { proxy, configuration } = withProxy({
      active: true,
      type: "custom",
      server: "http://us%40er:se%2Fcret@p.example:3128",
    });
    expect(proxy).toMatchObject({ server: "http://p.example:3128", username: "us@er" });
    expect(proxy?.password?.reveal()).toBe("se/cret");
    expect(JSON.stringify(configuration)).not.toMatch(/se%2Fcret|us%40er/);
  });

  test("nor is what it has of a password by mistake", () => {
    for (const active of [true, false]) {
      const server = "http://u:se@cret@p.example:3128";
      const { configuration } = withProxy({ active, type: "custom", server, password: "cret" });
      expect(JSON.stringify(configuration)).not.toContain("cret");
    }
    expect(withProxy({ active: false, type: "custom", server: "secret words" }).configuration).toEqual({
      session: { proxy: { active: false, type: "custom" } },
    });
  });

  test("one without a scheme is http; Anchor's own, and one that is off, are none", () => {
    expect(withProxy({ ...custom, server: "p.example:3128" }).proxy?.server).toBe("http://p.example:3128");
    expect(withProxy({ active: true, country_code: "us" }).proxy).toBeUndefined();
    expect(withProxy({ ...custom, active: false }).proxy).toBeUndefined();
  });

  test.each(["ftp://p.example:1", "http://", "two words"])("%s is refused", (server) => {
    expect(() => withProxy({ ...custom, server })).toThrow(/proxy/);
  });
});

test.each([
  [{ browser: { captcha_solver: { active: true } } }, /CAPTCHA solver requires proxy/],
  [{ identities: [{ id: "a name" }] }, /Identity not found/],
])("%j is refused", (body, message) => {
  expect(() => read(body)).toThrow(message);
});

test("addresses are as the setting says, or as the request came", () => {
  const request = { protocol: "http", host: "internal:4190" } as FastifyRequest;
  const at = (url: string | undefined) => publicUrl("/live/x", { request, config: { publicUrl: url } }).href;
  expect(at(undefined)).toBe("http://internal:4190/live/x");
  expect(at("https://latchkey.example.com")).toBe("https://latchkey.example.com/live/x");
});

test.each(["http://%zz@h:1", "http://user:%zz@h:1"])("a proxy's server %s is refused", (server) => {
  expect(() => read({ session: { proxy: { active: true, type: "custom", server } } })).toThrow(
    expect.objectContaining({ code: "invalid_argument" }),
  );
});
