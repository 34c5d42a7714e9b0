import { html } from "htm/preact";
import type { VNode } from "preact";
import { render } from "preact-render-to-string";
import { assetPaths } from "../assets.ts";
import { directionOf, type Locale, languages } from "../locale.ts";
import type { Messages } from "../messages/en.ts";

/** What every page is shown with. */
export interface PageContext {
  t: Messages;
  locale: Locale;
  /** The site that is connected; undefined where a page is shown to somebody without a good link. */
  app?: { name: string; host: string; icon: string | null };
  /** Of the visit; without it there is no language to choose, for there is nowhere to keep it. */
  path?: string;
  /** Proves that a form is ours. */
  csrf?: string;
}

export interface PageParts {
  title: string;
  body: VNode;
  /** For the page's script: what is shown, and what it is to do. */
  data?: Readonly<Record<string, string>>;
  /** For browsers without scripts: how soon to look again, in seconds, and where. */
  refresh?: { seconds: number; url: string };
  /** As wide as the window: for a page of another site. */
  wide?: boolean;
}

/** A whole page, as text. */
export function layout(
  context: PageContext,
  { title, body, data = {}, refresh, wide = false }: PageParts,
): string {
  const { locale } = context;
  const attributes = Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
  return `<!doctype html>${render(html`
    <html lang=${locale} dir=${directionOf(locale)}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href=${assetPaths.style} />
        <script src=${assetPaths.script} defer></script>
        ${
          refresh === undefined
            ? null
            : html`<noscript>
                <meta http-equiv="refresh" content=${`${refresh.seconds};url=${refresh.url}`} />
              </noscript>`
        }
      </head>
      <body ...${attributes}>
        <main class=${wide ? "card wide" : "card"}>${appMark(context)}${body}</main>
        ${languageSwitch(context)}
      </body>
    </html>
  `)}`;
}

/** The site's picture, or its first letter. Its name stands in the heading below. */
function appMark({ app }: PageContext): VNode | null {
  if (app === undefined) return null;
  return app.icon === null
    ? html`<div class="mark letter" aria-hidden="true">${firstLetter(app.name)}</div>`
    : html`<img class="mark" src=${app.icon} alt="" width="56" height="56" />`;
}

function firstLetter(name: string): string {
  const [{ segment } = { segment: "" }] = new Intl.Segmenter().segment(name);
  return segment.toUpperCase();
}

function languageSwitch({ t, locale, path }: PageContext): VNode | null {
  if (path === undefined) return null;
  const current = languages.find((each) => each.locale === locale);
  return html`
    <footer>
      <details class="languages">
        <summary><span class="unseen">${t.language}: </span>${current?.name}</summary>
        <ul>
          ${languages.map(
            ({ locale: each, name }) => html`
              <li>
                <a
                  href=${`${path}?lang=${each}`}
                  lang=${each}
                  dir=${directionOf(each)}
                  hreflang=${each}
                  aria-current=${each === locale ? "true" : null}
                  >${name}</a
                >
              </li>
            `,
          )}
        </ul>
      </details>
    </footer>
  `;
}
