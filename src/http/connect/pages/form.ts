import { html } from "htm/preact";
import type { FailureCode } from "../../../failure.ts";
import type { Refusal } from "../../../job/connect/visit-state.ts";
import type { OfferedFlow } from "./choose.ts";
import { alert, cancelForm, field, form, keyFields, otherWayLink } from "./elements.ts";
import { layout, type PageContext } from "./layout.ts";
import { refusalAlert } from "./refusal.ts";

/** What the form is shown with. */
export interface FormView {
  flow: OfferedFlow;
  /** What was entered before, but for secrets; by the field's name. */
  values: Readonly<Record<string, string>>;
  /** What is wrong with what was entered; by the field's name. */
  faults: Readonly<Record<string, string>>;
  refusal?: Refusal | undefined;
  attemptsLeft: number;
  /** Whether there is another way to choose. */
  hasOtherWays: boolean;
  /** Whether signing in by hand is one. */
  canSignInThemselves: boolean;
}

/** Names of fields whose values are not shown again, and not while they are typed. */
const secretName = /pass|pin\b|secret|code|token|answer|key/i;
export const isSecretField = (name: string): boolean => secretName.test(name);

/** Where trying again comes to the same, and a person would get through. */
const needsPerson: ReadonlySet<FailureCode> = new Set(["captcha_required", "login_unrecognised"]);

/** What a flow asks for. */
export function formPage(context: PageContext, view: FormView): string {
  const { t, app } = context;
  const { flow, values, faults, refusal, attemptsLeft, hasOtherWays, canSignInThemselves } = view;
  const name = app?.name ?? "";
  const hasFaults = Object.keys(faults).length > 0;
  const title = t.formTitle(name);
  const first = firstFieldOf(view);
  return layout(context, {
    title: refusal === undefined ? title : `${t.refusedTitle(name)} – ${title}`,
    data: { state: refusal === undefined ? "form" : "refused" },
    body: html`
      <h1>${title}</h1>
      ${refusal === undefined ? html`<p class="intro">${t.formIntro(app?.host ?? "")}</p>` : null}
      ${refusal === undefined ? null : refusalAlert(context, refusal, attemptsLeft)}
      ${canSignInThemselves && refusal !== undefined && needsPerson.has(refusal.code) ? yourselfOffer(context) : null}
      ${refusal === undefined && attemptsLeft === 0 ? alert(t.noTriesLeft(name), []) : null}
      ${hasFaults ? alert(t.faults, []) : null}
      ${
        attemptsLeft === 0
          ? null
          : form(
              context,
              { action: "credentials", upload: flow.methods.includes("authenticator") },
              html`
                ${
                  flow.methods.includes("username_password")
                    ? html`
                        ${field(context, {
                          id: "username",
                          label: t.username,
                          value: values["username"],
                          fault: faults["username"],
                          autofocus: first === "username",
                          attributes: {
                            autocomplete: "username",
                            autocapitalize: "none",
                            spellcheck: "false",
                          },
                        })}
                        ${field(context, {
                          id: "password",
                          label: t.password,
                          type: "password",
                          fault: faults["password"],
                          autofocus: first === "password",
                          attributes: { autocomplete: "current-password" },
                        })}
                      `
                    : null
                }
                ${
                  flow.methods.includes("custom")
                    ? flow.customFields.map(({ name: label }, index) =>
                        field(context, {
                          id: `custom.${index}`,
                          label,
                          type: isSecretField(label) ? "password" : "text",
                          value: values[`custom.${index}`],
                          fault: faults[`custom.${index}`],
                          attributes: { autocomplete: "off" },
                        }),
                      )
                    : null
                }
                ${flow.methods.includes("authenticator") ? keyGroup(context, view) : null}
                <button class="main">${t.signIn}</button>
                <p class="trust">${t.trust(name)}</p>
              `,
            )
      }
      <div class="others">
        ${hasOtherWays ? otherWayLink(context) : null}
        ${cancelForm(context)}
      </div>
    `,
  });
}

function yourselfOffer(context: PageContext) {
  const button = html`<button name="flow" value="yourself" class="second">${context.t.yourself}</button>`;
  return form(context, { action: "flow", name: "offer needs-script" }, button);
}

/** Out of the way for those who do not have it, open for those who gave it wrong. */
function keyGroup(context: PageContext, { faults, flow }: FormView) {
  const { t, app } = context;
  const isNeeded = !flow.methods.includes("username_password") && !flow.methods.includes("custom");
  const isFaulty = faults["key"] !== undefined || faults["picture"] !== undefined;
  return html`
    <details class="key" open=${isFaulty || isNeeded}>
      <summary>${t.keyTitle} <span class="optional">(${t.optional})</span></summary>
      <p class="hint">${t.keyHint(app?.name ?? "")}</p>
      ${keyFields(context, { faults, isOptional: true })}
    </details>
  `;
}

/** Where somebody goes on: at what is wrong, else at the first that is empty. */
function firstFieldOf({ faults, values, refusal }: FormView): string | undefined {
  const [faulty] = Object.keys(faults);
  if (faulty !== undefined) return faulty;
  // What the site said is read first.
  if (refusal !== undefined) return undefined;
  return (values["username"] ?? "") === "" ? "username" : "password";
}
