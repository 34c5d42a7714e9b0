// What the example in app.js takes for granted: somebody signed in to your own app, a database, pages.
const tokens = new Map();
const identities = new Map();

/** Your own sign-in would stand here. */
export function signedIn(req, _res, next) {
  req.user = { id: "user-7" };
  next();
}

export async function storeTokenMapping(tokenHash, userId) {
  tokens.set(tokenHash, userId);
}

export async function saveIdentityMapping(userId, identityId) {
  identities.set(userId, identityId);
}

export async function getUserIdentity(userId) {
  return identities.get(userId);
}

/** A page with a button to connect the account, and one to use it. */
export function writePages(app) {
  app.get("/", (_req, res) => {
    res.send(`<!doctype html><title>Shop</title>
      <button id="connect">Connect your account</button>
      <script>
        document.getElementById('connect').onclick = async () => {
          const answer = await fetch('/api/connect-account', { method: 'POST' });
          location.assign((await answer.json()).redirectUrl);
        };
      </script>`);
  });
  app.get("/dashboard", (req, res) => {
    res.send(`<!doctype html><title>Dashboard</title>
      <h1>${req.query.connected === "true" ? "Connected" : "Dashboard"}</h1>
      <button id="run">Run the automation</button> <output id="session"></output>
      <script>
        document.getElementById('run').onclick = async () => {
          const answer = await fetch('/api/run-automation', { method: 'POST' });
          document.getElementById('session').textContent = (await answer.json()).sessionId;
        };
      </script>`);
  });
}
