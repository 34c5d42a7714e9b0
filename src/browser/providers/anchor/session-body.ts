/** What a session is to be; the provider's own choices beside the run's. */
export interface NewAnchorSession {
  /** Of identities at the provider, to be signed in as; none: a browser that is signed in nowhere. */
  identityIds: readonly string[];
  /** To find it by. */
  tags: readonly string[];
  /** Longest it may be needed, in milliseconds. */
  maxMs: number;
  /** `scheme://host:port`, in place of the provider's own. */
  proxyServer: string | undefined;
}

export interface AnchorChoices {
  /** A proxy of the provider's own: `off`, `on`, or a country's two letters. */
  proxy: string;
  captchaSolver: boolean;
  stealth: boolean;
}

/** A worker that was killed disconnects, and ends nothing any more: the session then ends by itself, in minutes. */
const idleMinutes = 2;
const mostMinutes = 24 * 60;
const minuteMs = 60_000;

/** The body of `POST /v1/sessions`. */
export function sessionBody(
  { identityIds, tags, maxMs, proxyServer }: NewAnchorSession,
  choices: AnchorChoices,
) {
  const proxy = proxyOf(proxyServer, choices.proxy);
  return {
    ...(identityIds.length === 0 ? {} : { identities: identityIds.map((id) => ({ id })) }),
    // Its default is not documented. False: signed in anew where that is needed, before the session is handed out.
    identity_skip_validation: false,
    session: {
      tags,
      timeout: {
        idle_timeout: idleMinutes,
        max_duration: Math.min(mostMinutes, Math.ceil(maxMs / minuteMs) + 1),
      },
      // It is on by default, and would show credentials being typed.
      recording: { active: false },
      ...(proxy === undefined ? {} : { proxy }),
    },
    // Without a proxy the cloud refuses a CAPTCHA solver, and stealth does nothing.
    ...(proxy === undefined
      ? {}
      : {
          browser: {
            captcha_solver: { active: choices.captchaSolver },
            extra_stealth: { active: choices.stealth && proxyServer === undefined },
          },
        }),
  };
}

function proxyOf(server: string | undefined, own: string) {
  if (server !== undefined) return { active: true, type: "custom", server, username: "", password: "" };
  if (own === "off") return undefined;
  return { active: true, type: "anchor_proxy", ...(own === "on" ? {} : { country_code: own }) };
}
