import { z } from "zod";
import type { Renewal } from "../provider-identities.ts";

/** Whatever is not as expected counts as not said: the cloud's answers change, and a run must not fail of it. */
const text = z.string().min(1).optional().catch(undefined);
const object = z.record(z.string(), z.unknown());

/** What stands under `data`, or the answer itself: servers differ, and so do Anchor's own documents. */
function inData(body: unknown): unknown {
  const wrapped = object.safeParse(body);
  if (!wrapped.success) return undefined;
  const { data } = wrapped.data;
  return typeof data === "object" && data !== null && !Array.isArray(data) ? data : body;
}

const created = z.object({ id: text, session_id: text, cdp_url: text, live_view_url: text });

export interface CreatedSession {
  id: string;
  cdpUrl: string | undefined;
  liveViewUrl: string | undefined;
}

/** The answer to a session's creation; undefined where it names none. */
export function readCreated(body: unknown): CreatedSession | undefined {
  const parsed = created.safeParse(inData(body));
  const id = parsed.data?.id ?? parsed.data?.session_id;
  if (parsed.data === undefined || id === undefined) return undefined;
  return { id, cdpUrl: parsed.data.cdp_url, liveViewUrl: parsed.data.live_view_url };
}

const listed = z.object({
  session_id: text,
  id: text,
  tags: z.array(z.string()).optional().catch(undefined),
  status: text,
});

export interface ListedSession {
  id: string;
  /** Undefined where the server does not tell. */
  tags: string[] | undefined;
}

const over = /^(?:ended|completed|failed|terminated|stopped|closed|deleted)$/i;

/** The sessions of a list that may still be there, under whichever name it has them. */
export function readSessions(body: unknown): ListedSession[] {
  const lists = z
    .object({
      items: z.array(z.unknown()).optional().catch(undefined),
      sessions: z.array(z.unknown()).optional().catch(undefined),
    })
    .safeParse(inData(body));
  const items = lists.data?.items ?? lists.data?.sessions ?? [];
  return items.flatMap((item) => {
    const { data } = listed.safeParse(item);
    const id = data?.session_id ?? data?.id;
    if (data === undefined || id === undefined || over.test(data.status ?? "")) return [];
    return [{ id, tags: data.tags }];
  });
}

/** The tags of a session that was asked for by its id. */
export function readTags(body: unknown): string[] {
  const parsed = z.object({ tags: z.array(z.string()).catch([]) }).safeParse(inData(body));
  return parsed.data?.tags ?? [];
}

/** What a server says of a session's sign-in, as one plain word; undefined where it says nothing of the kind. */
export function readAuthStatus(body: unknown): string | undefined {
  const parsed = z.object({ status: text }).safeParse(inData(body));
  const status = parsed.data?.status;
  return status !== undefined && /^[a-z_]{2,40}$/i.test(status) ? status.toLowerCase() : undefined;
}

const flag = z.boolean().optional().catch(undefined);

const reauthenticated = z.object({ authenticated: flag, failure: text, reason: text, message: text });

/** Why a sign-in can fail with no password that the site refused. */
const otherReasons =
  /captcha|challenge|unavailable|not[ _]found|no[ _]credentials|time[ds]?[ _-]?out|deadline|busy|cancelled|quota|needs[ _]attention|origin[ _]not[ _]allowed/;

/**
 * What a server that was asked to sign an identity in anew says of it. What it does not say, it did; where it says that
 * the identity is not signed in, and names no other reason, the site refused what was typed.
 */
export function readReauthenticated(body: unknown): Renewal {
  const { data } = reauthenticated.safeParse(inData(body));
  if (data?.authenticated !== false) return { renewed: true, credentialsRefused: false };
  const said = [data.failure, data.reason, data.message].join(" ").toLowerCase();
  return { renewed: false, credentialsRefused: !otherReasons.test(said) };
}

const identity = z.object({
  name: text,
  source: text,
  metadata: object.catch({}),
});

/** An identity, its source as a URL: the cloud names bare hosts too. Undefined where it names none of use. */
export function readIdentity(
  body: unknown,
): { name: string | undefined; sourceUrl: string; metadata: Record<string, unknown> } | undefined {
  const { data } = identity.safeParse(inData(body));
  const source = data?.source?.trim();
  if (data === undefined || source === undefined) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? source : `https://${source}`);
  if (url === null) return undefined;
  return { name: data.name, sourceUrl: url.href, metadata: data.metadata };
}
