import type { FastifyRequest } from "fastify";
import { Failure } from "../../failure.ts";
import type { Application } from "../../identity/applications/applications.ts";
import { leadsTo } from "../../identity/connect/connect-tokens.ts";
import type { ConnectVisit } from "../../identity/connect/connect-visits.ts";
import { type SitedApplication, withSite, withUrl } from "../../identity/site-of.ts";
import type { Identity } from "../../identity/types.ts";
import type { ConnectPageDeps } from "./deps.ts";
import { isLocale, localeOf, messagesOf } from "./locale.ts";
import type { OfferedFlow } from "./pages/choose.ts";
import type { PageContext } from "./pages/layout.ts";
import { csrfOf, pathOf, secretOf } from "./visit-cookie.ts";
import { visitorOf } from "./visitor.ts";

/** A request of a visit's own browser, with all that its pages are made of. */
export interface OpenVisit {
  visit: ConnectVisit;
  secret: string;
  /** Where somebody signs in: the application's site, or that of the identity that is signed in again. */
  application: SitedApplication;
  /** What that one is known by at the site, where its traits say so. */
  loginName: string | null;
  /** The recommended first. */
  flows: OfferedFlow[];
  /** The flow that was chosen, or the only one. */
  flow: OfferedFlow | undefined;
  context: PageContext;
  /** The visit as it stands now. */
  again(): Promise<ConnectVisit>;
}

const standard: OfferedFlow = {
  id: null,
  name: "Standard authentication",
  description: null,
  isRecommended: false,
  methods: ["username_password"],
  customFields: [],
};

/** The page's words for somebody without a visit. */
export function contextOf(request: FastifyRequest): PageContext {
  const locale = localeOf(request.headers["accept-language"]);
  return { t: messagesOf(locale), locale };
}

/** The visit of a request's path, or undefined where this browser is not the one that opened it. */
export async function visitOf(
  request: FastifyRequest,
  deps: ConnectPageDeps,
): Promise<OpenVisit | undefined> {
  const { visit: id = "" } = request.params as { visit?: string };
  const secret = secretOf(request);
  const found = secret === undefined ? undefined : await deps.visits.find(id, secret);
  if (found === undefined || secret === undefined) return undefined;
  const visitor = visitorOf(request);
  const visit = { ...found, visitor };
  const { project, applicationId } = visit.token;
  const [shown, offered, target] = await Promise.all([
    deps.applications.get(project, applicationId),
    deps.authFlows.list(project, applicationId),
    targetOf(visit, deps),
  ]);
  const isGone = visit.token.identityId !== null && target === undefined;
  // Where the identity is gone, that is said on a page of the application's, whatever its site.
  const application = isGone ? { ...shown, url: shown.url ?? "" } : siteOf(shown, target);
  const flows: OfferedFlow[] = offered.length === 0 ? [standard] : offered;
  const locale = isLocale(visit.locale) ? visit.locale : localeOf(request.headers["accept-language"]);
  return {
    visit,
    secret,
    application,
    loginName: target?.loginName ?? null,
    flows: flows.toSorted((a, b) => Number(b.isRecommended) - Number(a.isRecommended)),
    flow: flows.length === 1 ? flows[0] : flows.find((flow) => flow.id === visit.flowId),
    context: {
      t: messagesOf(locale),
      locale,
      app: { name: application.name, host: application.host, icon: application.icon },
      path: pathOf(id),
      csrf: csrfOf(secret),
    },
    again: async () => ({ ...((await deps.visits.find(id, secret)) ?? visit), visitor }),
  };
}

/** The identity that the visit is for, where it is for one that is there, and no other application's by now. */
async function targetOf(
  { token }: ConnectVisit,
  { identities }: Pick<ConnectPageDeps, "identities">,
): Promise<Identity | undefined> {
  if (token.identityId === null) return undefined;
  try {
    const target = await identities.get(token.project, token.identityId);
    return leadsTo(token, target) ? target : undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === "unknown_identity") return undefined;
    throw error;
  }
}

/** The application, or as the identity's own site has it. @throws Failure `no_site` */
function siteOf(application: Application, target: Identity | undefined): SitedApplication {
  if (target === undefined) return withUrl(application);
  const { sourceUrl: url, allowedDomains } = withSite(target);
  return { ...application, url, host: new URL(url).host, allowedDomains };
}
