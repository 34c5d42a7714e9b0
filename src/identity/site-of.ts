import { Failure } from "../failure.ts";
import type { Application } from "./applications/application-rows.ts";
import type { Identity } from "./types.ts";

/** An identity that there is somewhere to sign in with. */
export type SitedIdentity = Identity & { sourceUrl: string };
/** An application whose site is known. */
export type SitedApplication = Application & { url: string };

/** The identity, whose site is known. @throws Failure `no_site` */
export function withSite(identity: Identity): SitedIdentity {
  const { sourceUrl, name } = identity;
  if (sourceUrl === null)
    throw new Failure("no_site", `The identity "${name}" has no site: its application has no URL yet.`);
  return { ...identity, sourceUrl };
}

/** The application, whose site is known. @throws Failure `no_site` */
export function withUrl(application: Application): SitedApplication {
  const { url, name } = application;
  if (url === null) throw new Failure("no_site", `The application "${name}" has no URL yet.`);
  return { ...application, url };
}

/** @throws Failure `identity_inactive` */
export function assertActive({ state, name }: Pick<Identity, "state" | "name">): void {
  if (state === "inactive")
    throw new Failure("identity_inactive", `The identity "${name}" is inactive; nothing was tried.`);
}
