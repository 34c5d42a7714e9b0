import { html } from "htm/preact";
import type { VNode } from "preact";
import type { PageContext } from "./layout.ts";

/** A form of the page's own, which nobody else's page can send. */
export function form(
  { path, csrf }: PageContext,
  { action, upload = false, name }: { action: string; upload?: boolean; name?: string },
  body: unknown,
): VNode {
  return html`
    <form
      method="post"
      action=${`${path}/${action}`}
      enctype=${upload ? "multipart/form-data" : null}
      class=${name ?? null}
      novalidate
    >
      <input type="hidden" name="csrf" value=${csrf} />
      ${body}
    </form>
  `;
}

export interface FieldParts {
  id: string;
  label: string;
  type?: "text" | "password";
  value?: string | undefined;
  hint?: string | undefined;
  fault?: string | undefined;
  isOptional?: boolean;
  autofocus?: boolean;
  /** Further attributes of the input. */
  attributes?: Readonly<Record<string, string>>;
}

/** A field with its label, its hint and what is wrong with it, tied together for those who hear the page. */
export function field({ t }: PageContext, parts: FieldParts): VNode {
  const {
    id,
    label,
    type = "text",
    value,
    hint,
    fault,
    isOptional = false,
    autofocus = false,
    attributes,
  } = parts;
  const describedBy = [hint === undefined ? "" : `${id}-hint`, fault === undefined ? "" : `${id}-fault`];
  return html`
    <div class=${fault === undefined ? "field" : "field faulty"}>
      <label for=${id}>
        ${label}${isOptional ? html`<span class="optional"> (${t.optional})</span>` : null}
      </label>
      ${hint === undefined ? null : html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
      <div class="input">
        <input
          id=${id}
          name=${id}
          type=${type}
          dir="auto"
          value=${value ?? null}
          required=${!isOptional}
          autofocus=${autofocus}
          aria-invalid=${fault === undefined ? null : "true"}
          aria-describedby=${describedBy.filter(Boolean).join(" ") || null}
          ...${attributes}
        />
        ${type === "password" ? revealButton({ t }, id) : null}
      </div>
      ${fault === undefined ? null : html`<p class="fault" id=${`${id}-fault`}>${fault}</p>`}
    </div>
  `;
}

/** Of use with a script only, which shows it. */
function revealButton({ t }: Pick<PageContext, "t">, id: string): VNode {
  return html`
    <button
      type="button"
      class="reveal"
      hidden
      aria-controls=${id}
      aria-pressed="false"
      aria-label=${t.showPasswordLong}
      data-show=${t.showPassword}
      data-hide=${t.hidePassword}
    >
      ${t.showPassword}
    </button>
  `;
}

/** What went wrong; the first thing that is read out. */
export function alert(title: string, texts: readonly (string | VNode | null)[]): VNode {
  return html`
    <div class="alert" role="alert" tabindex="-1" id="alert">
      <p class="alert-title">${title}</p>
      ${texts.map((text) => (text === null ? null : html`<p>${text}</p>`))}
    </div>
  `;
}

/** The site's own words: somebody else's text, and shown as that. */
export function siteWords({ t, app }: PageContext, words: string): VNode {
  return html`<span class="said">${t.siteSays(app?.name ?? "")} <q dir="auto">${words}</q></span>`;
}

export function otherWayLink({ t, path }: PageContext): VNode {
  return html`<a class="quiet" href=${`${path}?choose`}>${t.otherWay}</a>`;
}

export function cancelForm(context: PageContext): VNode {
  return form(
    context,
    { action: "cancel", name: "cancel" },
    html`<button class="quiet">${context.t.cancel}</button>`,
  );
}

/** What stands above every field for a set-up key. */
export function keyFields(
  context: PageContext,
  { faults, isOptional }: { faults: Readonly<Record<string, string>>; isOptional: boolean },
): VNode {
  const { t } = context;
  return html`
    ${field(context, {
      id: "key",
      label: t.keyText,
      fault: faults["key"],
      isOptional,
      attributes: { autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
    })}
    <div class=${faults["picture"] === undefined ? "field" : "field faulty"}>
      <label for="picture">${t.keyPicture}</label>
      <input
        id="picture"
        name="picture"
        type="file"
        accept="image/png,image/jpeg"
        aria-invalid=${faults["picture"] === undefined ? null : "true"}
        aria-describedby=${faults["picture"] === undefined ? null : "picture-fault"}
      />
      ${
        faults["picture"] === undefined
          ? null
          : html`<p class="fault" id="picture-fault">${faults["picture"]}</p>`
      }
    </div>
  `;
}
