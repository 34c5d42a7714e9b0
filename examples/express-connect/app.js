// Anchor Browser's own complete example for Express ("Embedding End-User Authentication UI"), as it is published but
// for the three addresses at its top. What it leaves to its reader stands in around.js.

import Anchorbrowser from "anchorbrowser";
import express from "express";
import { getUserIdentity, saveIdentityMapping, signedIn, storeTokenMapping, writePages } from "./around.js";

const app = express();
const anchorClient = new Anchorbrowser();

const APPLICATION_ID = process.env.APPLICATION_ID;
const APP_URL = process.env.APP_URL ?? "http://localhost:3000";
const CONNECT_URL = process.env.ANCHORBROWSER_BASE_URL;

app.use(signedIn);

// Step 1: Initiate identity creation
app.post("/api/connect-account", async (req, res) => {
  const userId = req.user.id;

  // Generate token with callback URL
  const tokenResponse = await anchorClient.applications.createIdentityToken(APPLICATION_ID, {
    callbackUrl: `${APP_URL}/api/identity-callback`,
  });

  // Store token-to-user mapping for callback verification
  await storeTokenMapping(tokenResponse.tokenHash, userId);

  // Return redirect URL to frontend
  res.json({
    redirectUrl: `${CONNECT_URL}/identity/create?token=${tokenResponse.token}`,
  });
});

// Step 2: Handle callback after identity creation
app.get("/api/identity-callback", async (req, res) => {
  const { identityId } = req.query;

  // Save identity mapping
  await saveIdentityMapping(req.user.id, identityId);

  // Update identity with external reference
  await anchorClient.identities.update(identityId, {
    metadata: { externalUserId: req.user.id },
  });

  res.redirect("/dashboard?connected=true");
});

// Step 3: Use identity in browser sessions
app.post("/api/run-automation", async (req, res) => {
  const identityId = await getUserIdentity(req.user.id);

  const session = await anchorClient.sessions.create({
    browser: {
      identities: [{ id: identityId }],
    },
  });

  // Run your automation with the authenticated session
  // ...

  res.json({ sessionId: session.id });
});

writePages(app);

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on port ${server.address().port}`);
});
