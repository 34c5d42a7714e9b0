import { inDialect } from "../define-route.ts";
import { prefactorDialect } from "./dialect.ts";
import { createIdentity } from "./identities/create-identity.ts";
import { deleteIdentity } from "./identities/delete-identity.ts";
import { getIdentity } from "./identities/get-identity.ts";
import { listIdentities } from "./identities/list-identities.ts";
import { updateIdentity } from "./identities/update-identity.ts";
import { ping } from "./ping.ts";
import { getPool } from "./pools/get-pool.ts";
import { listPools } from "./pools/list-pools.ts";
import { unsupportedRoutes } from "./unsupported.ts";

/** The API of Prefactor's pools and factors: docs/prefactor.md. */
export const prefactorRoutes = inDialect(prefactorDialect, [
  createIdentity,
  listIdentities,
  getIdentity,
  updateIdentity,
  deleteIdentity,
  listPools,
  getPool,
  ping,
  ...unsupportedRoutes,
]);
