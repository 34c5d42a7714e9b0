import { html } from "htm/preact";
import { cancelForm, field, form } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";

/** How few tries are worth telling of. */
const few = 2;

/** The code that came with the link, asked for before anything of the account is shown. */
export function recoveryPage(
  context: PageContext,
  { fault, triesLeft }: { fault: string | undefined; triesLeft: number },
): string {
  const { t, app } = context;
  return layout(context, {
    title: t.recoveryTitle,
    data: { state: "recovery-code" },
    body: html`
      <h1>${t.recoveryTitle}</h1>
      <p class="intro">${t.recoveryHint(app?.name ?? "")}</p>
      ${form(
        context,
        { action: "recovery-code" },
        html`
          ${field(context, {
            id: "code",
            label: t.codeLabel,
            fault,
            autofocus: true,
            attributes: {
              autocomplete: "one-time-code",
              inputmode: "numeric",
              spellcheck: "false",
              class: "code",
            },
          })}
          ${triesLeft <= few ? html`<p class="hint">${t.triesLeft(triesLeft)}</p>` : null}
          <button class="main">${t.continue}</button>
        `,
      )}
      ${cancelForm(context)}
    `,
  });
}
