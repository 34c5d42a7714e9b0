import { type Html, html } from "../html.ts";
import { formatAmount, formatDay, formatMonth, type Statement } from "../statements.ts";
import { alertBox, csrfInput, layout } from "./layout.ts";

interface AccountView {
  username: string;
  csrfToken: string;
  notice?: string | undefined;
}

/** Where a login leads to. */
export function dashboardPage({ statements, ...view }: AccountView & { statements: Statement[] }): Html {
  const newest = statements[0];
  return accountLayout({
    title: "Your account",
    view,
    body: html`<h1>Good day, ${view.username}</h1>
    <div class="cards">
      ${
        newest &&
        html`<section class="card">
        <h2>Latest statement</h2>
        <p class="figure">${formatAmount(newest.cents)}</p>
        <p>${formatMonth(newest.month)}, ${newest.paid ? "paid" : "due"}. <a href="/statements">All statements</a></p>
      </section>`
      }
      <section class="card">
        <h2>Tariff</h2>
        <p class="figure">Evergreen 12</p>
        <p>Wind and water, fixed for twelve months.</p>
      </section>
    </div>`,
  });
}

/** All statements as a table, newest first. */
export function statementsPage({ statements, ...view }: AccountView & { statements: Statement[] }): Html {
  return accountLayout({
    title: "Statements",
    view,
    body: html`<h1>Statements</h1>
    <table>
      <thead>
        <tr><th scope="col">Month</th><th scope="col">Number</th><th scope="col">Issued</th><th scope="col">Amount</th><th scope="col">Status</th><th scope="col">Download</th></tr>
      </thead>
      <tbody>
        ${statements.map(statementRow)}
      </tbody>
    </table>`,
  });
}

function statementRow({ month, number, issuedOn, cents, paid }: Statement): Html {
  return html`<tr>
          <th scope="row"><time datetime="${month}">${formatMonth(month)}</time></th>
          <td>${number}</td>
          <td><time datetime="${issuedOn}">${formatDay(issuedOn)}</time></td>
          <td class="amount">${formatAmount(cents)}</td>
          <td>${paid ? "Paid" : "Due"}</td>
          <td><a href="/statements/${month}.pdf">PDF<span class="unseen"> of ${formatMonth(month)}</span></a></td>
        </tr>
        `;
}

/** Has password fields on a signed-in page: whoever takes those for a login is wrong here. */
export function settingsPage({ alert, ...view }: AccountView & { alert?: string }): Html {
  return accountLayout({
    title: "Settings",
    view,
    body: html`<h1>Settings</h1>
    <section class="card narrow">
      <h2>Change password</h2>
      <form method="post" action="/settings/password">
        ${csrfInput(view.csrfToken)}
        ${alertBox(alert)}
        <label for="currentPassword">Current password</label>
        <input id="currentPassword" name="currentPassword" type="password" autocomplete="current-password" required>
        <label for="newPassword">New password</label>
        <input id="newPassword" name="newPassword" type="password" autocomplete="new-password" minlength="8" required>
        <label for="repeatPassword">New password again</label>
        <input id="repeatPassword" name="repeatPassword" type="password" autocomplete="new-password" minlength="8" required>
        <button>Change password</button>
      </form>
    </section>
    <section class="card narrow">
      <h2>Sessions</h2>
      <form method="post" action="/settings/sign-out-everywhere">
        ${csrfInput(view.csrfToken)}
        <p>Ends this session and any other that is signed in as you.</p>
        <button>Sign out everywhere</button>
      </form>
    </section>`,
  });
}

function accountLayout({ title, view, body }: { title: string; view: AccountView; body: Html }): Html {
  return layout({ title, user: view, notice: view.notice, body });
}
