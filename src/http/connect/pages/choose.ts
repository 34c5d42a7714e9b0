import { html } from "htm/preact";
import type { AuthFlow } from "../../../identity/applications/auth-flows.ts";
import type { Messages } from "../messages/en.ts";
import { alert, cancelForm, form } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";

/** What a flow asks for, as far as the page needs it. */
export type OfferedFlow = Pick<
  AuthFlow,
  "name" | "description" | "isRecommended" | "methods" | "customFields"
> & {
  /** Null for the standard one, where an application has none of its own. */
  id: string | null;
};

/** The ways to sign in, the recommended first. */
export function choosePage(
  context: PageContext,
  {
    flows,
    canSignInThemselves,
    notice,
  }: { flows: readonly OfferedFlow[]; canSignInThemselves: boolean; notice?: string | undefined },
): string {
  const { t, app } = context;
  const name = app?.name ?? "";
  const title = t.chooseTitle(name);
  return layout(context, {
    title,
    data: { state: "choose" },
    body: html`
      <h1 tabindex="-1">${title}</h1>
      ${notice === undefined ? null : alert(notice, [])}
      ${form(
        context,
        { action: "flow", name: "choices" },
        html`
          ${flows.map(
            (flow) => html`
              <button name="flow" value=${flow.id ?? ""} class="choice">
                <span class="choice-name">${nameOf(t, flow)}</span>
                ${flow.isRecommended ? html`<span class="badge">${t.recommended}</span>` : null}
                <span class="choice-hint">${hintOf(context, flow)}</span>
              </button>
            `,
          )}
          ${
            canSignInThemselves
              ? html`
                  <button name="flow" value="yourself" class="choice needs-script">
                    <span class="choice-name">${t.yourself}</span>
                    <span class="choice-hint">${t.yourselfHint(name)}</span>
                  </button>
                `
              : null
          }
        `,
      )}
      ${cancelForm(context)}
    `,
  });
}

const isStandard = ({ name }: OfferedFlow) => name === "Standard authentication";

/** The flow that every application begins with is called in the visitor's language. */
const nameOf = (t: Messages, flow: OfferedFlow) => (isStandard(flow) ? t.standardFlow : flow.name);

function hintOf({ t, app }: PageContext, flow: OfferedFlow): string {
  const { description, methods, customFields } = flow;
  if (description !== null) return description;
  if (isStandard(flow)) return t.formIntro(app?.host ?? "");
  const parts = [
    methods.includes("username_password") ? t.byPassword : "",
    methods.includes("authenticator") ? t.byKey : "",
    methods.includes("custom") ? t.byFields(customFields.map((field) => field.name).join(", ")) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
