import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { isUuid } from "../../../identity/identity-input.ts";
import { Secret } from "../../../secret.ts";
import type { NewSession, ProxyServer } from "../../../session/types.ts";

const toggle = z.object({ active: z.boolean().nullish() }).nullish();
const side = z.int().min(100).max(8_000).nullish();
const minutes = z.number().min(-1).nullish();
const identities = z.array(z.object({ id: z.string() })).nullish();

const anchorProxy = z.object({
  active: z.boolean(),
  type: z.literal("anchor_proxy").nullish(),
  country_code: z.string().nullish(),
  region: z.string().nullish(),
  city: z.string().nullish(),
});
const customProxy = z.object({
  active: z.boolean(),
  type: z.literal("custom"),
  server: z.string().min(1).max(500).meta({ description: "PROTOCOL://HOST:PORT" }),
  username: z.string().nullish(),
  password: z.string().nullish(),
});

const bodySchema = z.object({
  identities,
  identity_skip_validation: z.boolean().nullish(),
  integrations: z.array(z.looseObject({})).nullish(),
  browser: z
    .object({
      identities,
      headless: toggle,
      viewport: z.object({ width: side, height: side }).nullish(),
      profile: z.object({ name: z.string().min(1).nullish(), persist: z.boolean().nullish() }).nullish(),
      captcha_solver: toggle,
      extra_stealth: toggle,
      adblock: toggle,
      popup_blocker: toggle,
      fullscreen: toggle,
      p2p_download: toggle,
      disable_web_security: toggle,
      cross_origin_support: toggle,
      force_popups_as_tabs: toggle,
      extensions: z.array(z.string()).nullish(),
    })
    .nullish(),
  session: z
    .object({
      initial_url: z.url({ protocol: /^https?$/, error: "is not an http or https URL" }).nullish(),
      tags: z.array(z.string().max(200)).max(50).nullish(),
      live_view: z
        .object({ read_only: z.boolean().nullish(), one_time_url: z.boolean().nullish() })
        .nullish(),
      recording: toggle,
      timeout: z.object({ idle_timeout: minutes, max_duration: minutes }).nullish(),
      proxy: z.union([customProxy, anchorProxy]).nullish(),
    })
    .nullish(),
});

/** What a session is asked for with; all of it may be left out, and what is not known is passed over. */
export const sessionBody = z.preprocess((body) => body ?? {}, bodySchema);
type SessionBody = z.output<typeof bodySchema>;

const usualViewport = { width: 1_440, height: 900 };

/**
 * What was asked for, in our words.
 * @throws Failure `invalid_argument`, `unknown_identity` for what cannot be an id
 */
export function readSession(body: SessionBody): Omit<NewSession, "project" | "actor" | "signal"> {
  const { browser, session } = body;
  const proxy = session?.proxy;
  if (browser?.captcha_solver?.active === true && proxy?.active !== true)
    throw new Failure("invalid_argument", "CAPTCHA solver requires proxy to be active.");
  const ids = (body.identities ?? browser?.identities ?? []).map(({ id }) => id);
  if (!ids.every(isUuid)) throw new Failure("unknown_identity", "Identity not found.");
  const idle = session?.timeout?.idle_timeout;
  const longest = session?.timeout?.max_duration;
  const { viewport, profile, headless } = browser ?? {};
  const server = proxy?.active === true && proxy.type === "custom" ? proxyOf(proxy) : undefined;
  return {
    identityIds: [...new Set(ids)],
    skipValidation: body.identity_skip_validation ?? false,
    tags: session?.tags ?? [],
    recording: session?.recording?.active ?? false,
    configuration: configurationOf(body),
    ...(session?.initial_url == null ? {} : { initialUrl: session.initial_url }),
    ...(idle == null ? {} : { idleMinutes: idle < 0 ? null : idle }),
    ...(longest == null ? {} : { maxMinutes: longest < 0 ? null : longest }),
    ...(viewport == null
      ? {}
      : {
          viewport: {
            width: viewport.width ?? usualViewport.width,
            height: viewport.height ?? usualViewport.height,
          },
        }),
    ...(headless?.active === false ? { headed: true } : {}),
    ...(server === undefined ? {} : { proxy: server }),
    ...(profile?.name == null ? {} : { profile: { name: profile.name, persist: profile.persist ?? false } }),
  };
}

/** What clients are told of how the session was asked for: all but what is secret. */
function configurationOf(body: SessionBody): Record<string, unknown> {
  const { integrations: _, ...rest } = body;
  const proxy = body.session?.proxy;
  if (proxy?.type !== "custom") return rest;
  const { active, type } = proxy;
  const url = addressOf(proxy.server);
  const server = url === null ? {} : { server: `${url.protocol}//${url.host}` };
  return { ...rest, session: { ...body.session, proxy: { active, type, ...server } } };
}

const addressOf = (server: string) => URL.parse(server.includes("://") ? server : `http://${server}`);

/** @throws Failure `invalid_argument` */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Failure(
      "invalid_argument",
      "The user or password in the proxy's server is not percent-encoded as in a URL.",
    );
  }
}

function proxyOf({ server, username, password }: z.output<typeof customProxy>): ProxyServer {
  const url = addressOf(server);
  if (url === null || url.host === "" || !/^(?:https?|socks5):$/.test(url.protocol))
    throw new Failure("invalid_argument", "The proxy's server is not PROTOCOL://HOST:PORT.");
  const user = username ?? decoded(url.username);
  const secret = password ?? decoded(url.password);
  return {
    server: `${url.protocol}//${url.host}`,
    ...(user === "" ? {} : { username: user }),
    ...(secret === "" ? {} : { password: new Secret(secret) }),
  };
}
