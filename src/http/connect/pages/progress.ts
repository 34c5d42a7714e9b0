import { html } from "htm/preact";
import type { ConnectStep } from "../../../job/connect/progress.ts";
import type { Messages } from "../messages/en.ts";
import { cancelForm } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";

/** How soon a browser without scripts looks again, in seconds. */
const lookAgainSeconds = 2;

/** A step in the visitor's words, as the page and its script show it. */
export interface ShownStep {
  text: string;
  status: "done" | "now" | "next";
  statusText: string;
}

export function shownSteps(t: Messages, app: string, steps: readonly ConnectStep[]): ShownStep[] {
  const texts = {
    turn: t.stepTurn,
    browser: t.stepBrowser,
    site: t.stepSite(app),
    credentials: t.stepCredentials,
    code: t.stepCode,
    proof: t.stepProof,
  } satisfies Record<ConnectStep["name"], string>;
  const statuses = {
    done: { status: "done", statusText: t.stepDone },
    "under way": { status: "now", statusText: t.stepUnderWay },
    "to come": { status: "next", statusText: t.stepToCome },
  } as const;
  return steps.map(({ name, status }) => ({ text: texts[name], ...statuses[status] }));
}

/** How far the sign-in is, in plain words. */
export function progressPage(context: PageContext, steps: readonly ConnectStep[]): string {
  const { t, app, path = "" } = context;
  const title = t.progressTitle(app?.name ?? "");
  const shown = shownSteps(t, app?.name ?? "", steps);
  return layout(context, {
    title,
    data: { state: "progress", events: `${path}/events?shown=progress` },
    refresh: { seconds: lookAgainSeconds, url: path },
    body: html`
      <h1 tabindex="-1">${title}</h1>
      <p class="intro">${t.progressHint}</p>
      <ol class="steps">
        ${shown.map(
          ({ text, status, statusText }) => html`
            <li class=${status} aria-current=${status === "now" ? "step" : null}>
              <span class="dot" aria-hidden="true"></span>
              <span>${text}</span>
              <span class="unseen">, ${statusText}</span>
            </li>
          `,
        )}
      </ol>
      <p class="unseen" role="status" id="status">${shown.find(({ status }) => status === "now")?.text}</p>
      ${cancelForm(context)}
    `,
  });
}
