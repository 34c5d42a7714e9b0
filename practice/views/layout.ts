import { type Html, html } from "../html.ts";

/** The frame of every page; with a `user`, its navigation and the way out. */
export function layout({
  title,
  user,
  notice,
  body,
}: {
  title: string;
  user?: { username: string; csrfToken: string };
  notice?: string | undefined;
  body: Html;
}): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Larch Energy</title>
  <link rel="stylesheet" href="/style.css">
  <link rel="icon" href="data:,">
</head>
<body>
  <header>
    <a class="brand" href="/">Larch Energy</a>
    ${user && navigation(user)}
  </header>
  <main>
    ${notice && html`<p class="notice" role="status">${notice}</p>`}
    ${body}
  </main>
  <footer>A practice site that comes with Latchkey. Nothing here is real.</footer>
</body>
</html>
`;
}

function navigation({ username, csrfToken }: { username: string; csrfToken: string }): Html {
  return html`<nav aria-label="Account">
      <a href="/statements">Statements</a>
      <a href="/settings">Settings</a>
      <span class="who">${username}</span>
      <form method="post" action="/logout">${csrfInput(csrfToken)}<button class="quiet">Sign out</button></form>
    </nav>`;
}

export function csrfInput(token: string): Html {
  return html`<input type="hidden" name="csrfToken" value="${token}">`;
}

export function alertBox(alert: string | undefined): Html | false {
  return alert !== undefined && html`<p class="alert" role="alert">${alert}</p>`;
}
