import type { Page } from "playwright-core";
import { checkSignedIn } from "../login/signed-in.ts";
import type { Claim } from "./run/claim-identity.ts";
import type { RunContext } from "./run/run-context.ts";

/** Opens the page that tells, and says whether the identity is signed in there. @throws Failure `site_unreachable` */
export function checkIdentity(
  run: RunContext,
  { identity, site }: Claim,
  page: Page,
): Promise<{ signedIn: boolean; reason: string }> {
  const sourceUrl = run.provedAt ?? identity.sourceUrl;
  return checkSignedIn({ page, sourceUrl, site, signal: run.signal, log: run.deps.log });
}
