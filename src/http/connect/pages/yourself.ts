import { html } from "htm/preact";
import { alert, cancelForm, form, otherWayLink } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";

/** The site's own page, in a browser of ours that the visitor drives. */
export function yourselfPage(
  context: PageContext,
  { live, isNotSignedIn }: { live: { sessionId: string; token: string }; isNotSignedIn: boolean },
): string {
  const { t, app } = context;
  const name = app?.name ?? "";
  const title = t.yourselfTitle(name);
  return layout(context, {
    title,
    wide: true,
    data: { state: "yourself" },
    body: html`
      <h1 tabindex="-1">${title}</h1>
      ${isNotSignedIn ? alert(t.yourselfNotYet, []) : null}
      <p class="intro">${t.yourselfIntro(name)}</p>
      <iframe
        class="live"
        title=${t.yourselfFrame(name)}
        src=${`/live/${live.sessionId}?token=${live.token}`}
        allow="clipboard-read; clipboard-write"
      ></iframe>
      ${form(context, { action: "yourself" }, html`<button class="main">${t.yourselfDone}</button>`)}
      <div class="others">${otherWayLink(context)} ${cancelForm(context)}</div>
    `,
  });
}
