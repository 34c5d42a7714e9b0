import { type Html, html } from "../html.ts";
import { layout } from "./layout.ts";

/** A page that only says something. */
export function messagePage({ title, text }: { title: string; text: string }): Html {
  return layout({
    title,
    body: html`<section class="card narrow"><h1>${title}</h1><p>${text}</p><p><a href="/">Back to the start</a></p></section>`,
  });
}

export function notFoundPage(): Html {
  return messagePage({ title: "There is no such page", text: "It may have been moved, or never was." });
}
