import { inDialect } from "../define-route.ts";
import { kratosDialect } from "./dialect.ts";
import { batchIdentities } from "./identities/batch-identities.ts";
import { createIdentity } from "./identities/create-identity.ts";
import { deleteCredentials } from "./identities/delete-credentials.ts";
import { deleteIdentity } from "./identities/delete-identity.ts";
import { getIdentity, getIdentityByExternalId } from "./identities/get-identity.ts";
import { listIdentities } from "./identities/list-identities.ts";
import { patchIdentity } from "./identities/patch-identity.ts";
import { updateIdentity } from "./identities/update-identity.ts";
import { createRecoveryCode, createRecoveryLink } from "./recovery/create-recovery.ts";
import { getSchema, listSchemas } from "./schemas/schemas.ts";
import { deleteIdentitySessions, listIdentitySessions } from "./sessions/identity-sessions.ts";
import { manageSessions } from "./sessions/manage-sessions.ts";
import { disableSession, extendSession, getSession, listSessions } from "./sessions/sessions.ts";

/** The identity administration of Ory Kratos, each path also below `/admin`: docs/kratos.md. */
export const kratosRoutes = inDialect(kratosDialect, [
  createIdentity,
  listIdentities,
  batchIdentities,
  getIdentity,
  getIdentityByExternalId,
  updateIdentity,
  patchIdentity,
  deleteIdentity,
  deleteCredentials,
  listSchemas,
  getSchema,
  createRecoveryCode,
  createRecoveryLink,
  listIdentitySessions,
  deleteIdentitySessions,
  listSessions,
  getSession,
  disableSession,
  extendSession,
  manageSessions,
]);
