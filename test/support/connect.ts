import type { LightMyRequestResponse } from "fastify";
import { parseDocument } from "htmlparser2";
import { expect } from "vitest";
import type { NewApplication } from "../../src/identity/applications/applications.ts";
import { sweepConnectVisits } from "../../src/job/connect/sweep.ts";
import type { Parts } from "../../src/parts.ts";
import type { TestApi } from "./api.ts";

const actor = { name: "test" };

/** An application to connect accounts of, with a callback on a server that need not be there. */
export async function addApplication(
  parts: Parts,
  input: Partial<NewApplication> & { url: string },
  project = "default",
) {
  const { applications } = await parts.store();
  const name = `Larch ${Math.random().toString(36).slice(2, 8)}`;
  return applications.create(project, { name, ...input }, actor);
}

/** A token for the connect page, as its text. */
export async function makeToken(
  parts: Parts,
  applicationId: string,
  more: {
    callbackUrl?: string | null;
    userName?: string;
    identityId?: string;
    project?: string;
    withCode?: boolean;
  } = {},
): Promise<string> {
  const { connectTokens } = await parts.store();
  const { token } = await connectTokens.make({
    project: "default",
    callbackUrl: "https://app.example/callback?tenant=7",
    ...more,
    applicationId,
    actor,
  });
  return token.reveal();
}

/** A browser without scripts and without pictures: keeps the visit's cookie, fills in forms, follows where it is led. */
export interface Visitor {
  readonly path: string;
  readonly cookie: string;
  get(path?: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  post(
    action: string,
    fields?: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
  /** The page once it shows one of these states. */
  until(...states: string[]): Promise<LightMyRequestResponse>;
}

export async function openVisitor(
  api: TestApi,
  token: string,
  query: Record<string, string> = {},
): Promise<Visitor> {
  const opened = await api.app.inject({ url: "/identity/create", query: { token, ...query } });
  expect(opened.statusCode).toBe(303);
  const path = String(opened.headers.location);
  const [given] = opened.cookies;
  const cookie = `${given?.name}=${given?.value}`;
  const get: Visitor["get"] = (url = path, headers = {}) =>
    api.app.inject({ url, headers: { cookie, ...headers } });
  return {
    path,
    cookie,
    get,
    async post(action, fields = {}, headers = {}) {
      const csrf = csrfIn((await get()).body);
      const body = new URLSearchParams({ csrf, ...fields }).toString();
      return api.app.inject({
        method: "POST",
        url: `${path}/${action}`,
        headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
        body,
      });
    },
    async until(...states) {
      const deadline = performance.now() + 40_000;
      for (;;) {
        const page = await get();
        if (states.includes(stateIn(page.body))) return page;
        if (performance.now() > deadline) throw new Error(`still ${stateIn(page.body)}`);
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
      }
    },
  };
}

export const stateIn = (page: string): string =>
  /<body[^>]* data-state="(?<state>[^"]*)"/.exec(page)?.groups?.["state"] ?? "";
export const csrfIn = (page: string) =>
  /name="csrf" value="(?<csrf>[^"]*)"/.exec(page)?.groups?.["csrf"] ?? "";

/** What somebody reads on the page. */
export function textOf(page: string): string {
  const texts: string[] = [];
  const walk = (node: { type: string; data?: string; children?: never[]; name?: string }) => {
    if (node.type === "text") texts.push(node.data ?? "");
    for (const child of node.children ?? []) walk(child);
  };
  walk(parseDocument(page) as never);
  return texts.join(" ").replaceAll(/\s+/g, " ").trim();
}

/** What a worker does, now and then, for visits that were left. */
export async function sweepOf(parts: Parts, { deps }: TestApi): Promise<() => Promise<void>> {
  const { database, halfMade } = await parts.store();
  const { visits, connect } = deps.connectPage;
  return () =>
    sweepConnectVisits({
      kysely: database.kysely,
      visits,
      halfMade,
      stateOf: connect.stateOf,
      log: parts.log,
    });
}
