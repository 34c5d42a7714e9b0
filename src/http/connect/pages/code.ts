import { html } from "htm/preact";
import type { WaitingForCode } from "../../../events.ts";
import type { Messages } from "../messages/en.ts";
import { alert, cancelForm, field, form, keyFields, siteWords } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";

/** How soon a browser without scripts looks again whether an approval came, in seconds. */
const lookAgainSeconds = 3;

export interface CodeView {
  waiting: WaitingForCode;
  /** The site did not take the code before. */
  isAskedAgain: boolean;
  /** Whether a set-up key would make codes. */
  canTakeKey: boolean;
  faults: Readonly<Record<string, string>>;
}

/** The site asked for a code, a link or an approval. */
export function codePage(context: PageContext, view: CodeView): string {
  const { t, app, path = "" } = context;
  const { waiting, isAskedAgain, canTakeKey, faults } = view;
  const name = app?.name ?? "";
  const isApproval = waiting.channel === "push";
  const title = isApproval ? t.approveTitle : t.codeTitle;
  return layout(context, {
    title,
    data: { state: "code", events: `${path}/events?shown=code` },
    ...(isApproval ? { refresh: { seconds: lookAgainSeconds, url: path } } : {}),
    body: html`
      <h1 tabindex="-1">${title}</h1>
      ${isAskedAgain ? alert(t.codeAgain, []) : null}
      <p class="intro">${whereFrom(t, name, waiting)}</p>
      ${waiting.sentTo === undefined ? null : html`<p>${t.lookInInbox(waiting.sentTo)}</p>`}
      ${waiting.siteMessage === undefined ? null : html`<p>${siteWords(context, waiting.siteMessage)}</p>`}
      ${isApproval ? html`<div class="waiting" aria-hidden="true"></div>` : codeForm(context, view)}
      ${canTakeKey ? keyOffer(context, faults) : null}
      ${cancelForm(context)}
    `,
  });
}

function whereFrom(t: Messages, app: string, { channel, expects }: WaitingForCode): string {
  if (channel === "push") return t.approveHint(app);
  if (expects === "link") return t.linkByEmail(app);
  if (channel === "email") return t.codeByEmail(app);
  return channel === "sms" ? t.codeBySms(app) : t.codeFromSomewhere(app);
}

function codeForm(context: PageContext, { waiting: { expects }, faults }: CodeView) {
  const { t } = context;
  const label = { code: t.codeLabel, link: t.linkLabel, either: t.codeOrLinkLabel }[expects];
  return form(
    context,
    { action: "code" },
    html`
      ${field(context, {
        id: "code",
        label,
        fault: faults["code"],
        autofocus: faults["key"] === undefined && faults["picture"] === undefined,
        attributes:
          expects === "code"
            ? {
                autocomplete: "one-time-code",
                inputmode: "text",
                autocapitalize: "characters",
                spellcheck: "false",
                class: "code",
              }
            : { autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
      })}
      <button class="main">${t.continue}</button>
    `,
  );
}

function keyOffer(context: PageContext, faults: Readonly<Record<string, string>>) {
  const { t, app } = context;
  return html`
    <details class="key" open=${faults["key"] !== undefined || faults["picture"] !== undefined}>
      <summary>${t.offerTitle}</summary>
      <p class="hint">${t.offerHint(app?.name ?? "")}</p>
      ${form(
        context,
        { action: "key", upload: true },
        html`
          ${keyFields(context, { faults, isOptional: false })}
          <button class="second">${t.useKey}</button>
        `,
      )}
    </details>
  `;
}
