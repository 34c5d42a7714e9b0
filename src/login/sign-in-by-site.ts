import { Failure } from "../failure.ts";
import type { Secret } from "../secret.ts";
import { watchActivity } from "./activity.ts";
import type { IsAllowed } from "./allowed-origin.ts";
import type { LoginRequest, Report } from "./request.ts";
import { judgeWhenSettled } from "./signed-in.ts";
import type { LoginCredentials, SiteLoginContext } from "./site.ts";
import { typeSecret } from "./type-secret.ts";
import { visit } from "./visit.ts";

/** Runs the site's own login, then looks at the source page. Throws the Failure it came to. */
export async function signInBySite({
  request,
  report,
  isAllowed,
}: {
  request: LoginRequest;
  report: Report;
  isAllowed: IsAllowed;
}): Promise<void> {
  const { page, site, sourceUrl, signal, log, credentials } = request;
  if (site?.login === undefined) throw new Failure("internal_error", "The site has no login of its own.");
  using activity = watchActivity({ page, now: Date.now });
  await visit({ page, url: site.loginUrl ?? sourceUrl, signal });
  report.decide({
    saw: "a site with a login of its own",
    action: "run it",
    reason: "its site.ts says how to sign in",
  });
  const typed = { password: false, code: 0 };

  const type: SiteLoginContext["type"] = async (field, selector) => {
    signal.throwIfAborted();
    if (field === "password") {
      if (typed.password)
        throw new Failure(
          "login_unrecognised",
          "The site's login tried to type the password twice: it goes out once per attempt.",
        );
      typed.password = true;
      report.submits.password += 1;
    }
    if (field === "oneTimeCode") {
      if (typed.code >= 2)
        throw new Failure("invalid_one_time_code", "The site's login asked for a third one-time code.");
      typed.code += 1;
      report.submits.code += 1;
    }
    const element = await page.waitForSelector(selector, { state: "visible" });
    const frame = await element.ownerFrame();
    if (frame === null) throw new Failure("login_unrecognised", "A field of the site's login went away.");
    const value = await valueOf(field);
    await typeSecret({ element, frame, isAllowed, value });
  };
  const valueOf = async (field: Parameters<SiteLoginContext["type"]>[0]): Promise<Secret> => {
    if (field === "username") return await credentials.username();
    if (field === "password") return await credentials.password();
    if (field === "oneTimeCode") return await codeFor(credentials, signal);
    return await credentials.custom(field.custom);
  };

  try {
    await site.login({ page, type, log, signal });
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("login_unrecognised", "The site's own login failed: see the log.", { cause: error });
  }
  activity.mark();
  await visit({ page, url: sourceUrl, signal });
  const { signedIn, reason } = await judgeWhenSettled({ page, sourceUrl, site, signal, activity });
  report.decide({ saw: "the source page", action: signedIn ? "signed in" : "give up", reason });
  if (!signedIn)
    throw new Failure(
      "login_unrecognised",
      "The site's own login ended, but the source page is not a signed-in user's.",
    );
}

/** The authenticator's; where there is none, one that somebody hands in. */
async function codeFor(credentials: LoginCredentials, signal: AbortSignal): Promise<Secret> {
  if (credentials.has.oneTimeCode || !credentials.has.outOfBand) return await credentials.oneTimeCode(signal);
  const answer = await credentials.outOfBand(
    { channel: "unknown", expects: "code", siteMessage: undefined },
    signal,
  );
  if (answer.kind === "code") return answer.code;
  throw new Failure("login_unrecognised", "A link was handed in, and the site's login asked for a code.");
}
