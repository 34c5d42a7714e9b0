import { html } from "htm/preact";
import type { VNode } from "preact";
import type { Outcome } from "../callback.ts";
import { layout, type PageContext } from "./layout.ts";

/** A page that says one thing, and where to go on. */
export function messagePage(
  context: PageContext,
  {
    title,
    text,
    link,
    state,
  }: { title: string; text: string; link?: { href: string; text: string }; state: string },
): string {
  return layout(context, {
    title,
    data: { state },
    body: html`
      <h1 tabindex="-1">${title}</h1>
      <p class="intro">${text}</p>
      ${link === undefined ? null : html`<p><a class="button second" href=${link.href}>${link.text}</a></p>`}
    `,
  });
}

/** The account is connected, or will not be; the page's script, or the browser, goes on to the callback. */
export function endPage(context: PageContext, outcome: Outcome): string {
  const { t, app } = context;
  const isDone = outcome.status === "success";
  const title = isDone ? t.doneTitle : t.cancelledTitle;
  const { next } = outcome;
  return layout(context, {
    title,
    data: {
      state: isDone ? "done" : "cancelled",
      mode: outcome.mode,
      ...(next === undefined ? {} : { next: next.url }),
      message: JSON.stringify(outcome.message),
      targets: JSON.stringify(outcome.targets),
    },
    ...(next === undefined ? {} : { refresh: { seconds: 0, url: next.url } }),
    body: html`
      ${isDone ? tick() : null}
      <h1 tabindex="-1">${title}</h1>
      <p class="intro">${isDone ? t.doneHint(app?.name ?? "") : t.cancelledHint}</p>
      <p class="hint">${next === undefined || outcome.mode !== "redirect" ? t.doneClose : t.doneReturn(next.host)}</p>
      ${
        next === undefined || outcome.mode === "frame"
          ? null
          : html`<p><a class="button second" href=${next.url}>${t.returnTo(next.host)}</a></p>`
      }
    `,
  });
}

function tick(): VNode {
  return html`
    <svg class="tick" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <circle cx="24" cy="24" r="22" />
      <path d="M14.5 24.5l6.5 6.5 12.5-14" />
    </svg>
  `;
}
