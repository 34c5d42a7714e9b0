import { type Html, html } from "../html.ts";
import type { PracticeSession } from "../sessions.ts";
import { alertBox, csrfInput, layout } from "./layout.ts";

interface LoginView {
  session: PracticeSession;
  alert?: string;
}

/** Identifier first: the email address alone. */
export function identifierPage({ session, alert }: LoginView): Html {
  return loginLayout({
    title: "Sign in",
    session,
    body: html`<form method="post" action="/login">
        ${csrfInput(session.csrfToken)}
        ${alertBox(alert)}
        ${usernameField("")}
        <button>Continue</button>
      </form>`,
  });
}

/** The password, for the email address given before. That stands in a hidden field too, for password managers. */
export function passwordPage({ session, username, alert }: LoginView & { username: string }): Html {
  return loginLayout({
    title: "Enter your password",
    session,
    body: html`<p class="who">${username} <a href="/login">Not you?</a></p>
      <form method="post" action="/login/password">
        ${csrfInput(session.csrfToken)}
        ${alertBox(alert)}
        <input type="email" autocomplete="username" value="${username}" readonly hidden>
        ${passwordField()}
        <button>Sign in</button>
      </form>`,
  });
}

/** Email address and password in one form. */
export function onePageForm({ session, username = "", alert }: LoginView & { username?: string }): Html {
  return loginLayout({
    title: "Sign in",
    session,
    body: html`<form method="post" action="/login">
        ${csrfInput(session.csrfToken)}
        ${alertBox(alert)}
        ${usernameField(username)}
        ${passwordField()}
        <button>Sign in</button>
      </form>`,
  });
}

/** The second factor. */
export function codePage({ session, digits, alert }: LoginView & { digits: number }): Html {
  return loginLayout({
    title: "Two-step verification",
    session,
    body: html`<p>Enter the ${digits}-digit code from your authenticator app.</p>
      <form method="post" action="/login/code">
        ${csrfInput(session.csrfToken)}
        ${alertBox(alert)}
        <label for="code">Verification code</label>
        <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="${digits + 2}" required autofocus>
        <button>Verify</button>
      </form>
      <p><a href="/login">Start over</a></p>`,
  });
}

export function lockedPage(): Html {
  return layout({
    title: "Account locked",
    body: html`<section class="card narrow">
      <h1>Account locked</h1>
      ${alertBox("This account is locked after too many wrong passwords. Contact us to have it unlocked.")}
    </section>`,
  });
}

function loginLayout({
  title,
  session,
  body,
}: {
  title: string;
  session: PracticeSession;
  body: Html;
}): Html {
  const { notice } = session;
  session.notice = undefined;
  return layout({
    title,
    notice,
    body: html`<section class="card narrow"><h1>${title}</h1>${body}</section>`,
  });
}

function usernameField(value: string): Html {
  return html`<label for="username">Email address</label>
        <input id="username" name="username" type="email" autocomplete="username" value="${value}" required autofocus>`;
}

function passwordField(): Html {
  return html`<label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>`;
}
