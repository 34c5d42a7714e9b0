import { type Attempt, situationOf } from "./attempt.ts";
import { observe } from "./observe.ts";
import { stateOf } from "./page-state.ts";
import { visit } from "./visit.ts";

/** A page that shows a fresh login already is used as it is; else the login begins at its own or the source page. */
export async function begin({ request, isAllowed, activity, history }: Attempt): Promise<void> {
  const { page, site, sourceUrl, signal } = request;
  const start = site?.loginUrl ?? sourceUrl;
  if (isAllowed(page.url())) {
    try {
      using observed = await observe({ page, activity: activity.snapshot() });
      const { snapshot } = observed;
      const state = stateOf(situationOf({ request, history, snapshot }));
      const form = state.passwordForm ?? state.usernameForm;
      const fresh =
        form !== null &&
        !form.fields.some((field) => field.filled && field.kind === "password") &&
        !snapshot.frames.some((frame) => frame.messages.some(({ tone }) => tone === "error"));
      if (fresh) return;
    } catch {
      signal.throwIfAborted();
    }
  }
  await visit({ page, url: start, signal });
  activity.mark();
}
