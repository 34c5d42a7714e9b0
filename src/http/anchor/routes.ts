import { inDialect } from "../define-route.ts";
import { createApplication } from "./applications/create-application.ts";
import { createIdentityToken } from "./applications/create-token.ts";
import { deleteApplication } from "./applications/delete-application.ts";
import { listApplications } from "./applications/list-applications.ts";
import { listApplicationIdentities } from "./applications/list-identities.ts";
import { retrieveApplication } from "./applications/retrieve-application.ts";
import { createAuthFlow } from "./auth-flows/create-auth-flow.ts";
import { deleteAuthFlow } from "./auth-flows/delete-auth-flow.ts";
import { listAuthFlows } from "./auth-flows/list-auth-flows.ts";
import { updateAuthFlow } from "./auth-flows/update-auth-flow.ts";
import { anchorDialect } from "./dialect.ts";
import { signalEvent, waitForEvent } from "./events/events.ts";
import { createIdentity } from "./identities/create-identity.ts";
import { deleteIdentity } from "./identities/delete-identity.ts";
import { reauthenticate } from "./identities/reauthenticate.ts";
import { retrieveCredentials } from "./identities/retrieve-credentials.ts";
import { retrieveIdentity } from "./identities/retrieve-identity.ts";
import { updateIdentity } from "./identities/update-identity.ts";
import { unsupportedRoutes } from "./unsupported.ts";

/** The API of Anchor Browser: docs/anchor.md. */
export const anchorRoutes = inDialect(anchorDialect, [
  createIdentity,
  retrieveIdentity,
  updateIdentity,
  deleteIdentity,
  retrieveCredentials,
  reauthenticate,
  createApplication,
  listApplications,
  retrieveApplication,
  deleteApplication,
  listApplicationIdentities,
  createIdentityToken,
  createAuthFlow,
  listAuthFlows,
  updateAuthFlow,
  deleteAuthFlow,
  signalEvent,
  waitForEvent,
  ...unsupportedRoutes,
]);
