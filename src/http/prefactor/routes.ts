import { inDialect } from "../define-route.ts";
import { prefactorDialect } from "./dialect.ts";
import { ping } from "./ping.ts";
import { unsupportedRoutes } from "./unsupported.ts";

/** The API of Prefactor's pools and factors: docs/prefactor.md. */
export const prefactorRoutes = inDialect(prefactorDialect, [ping, ...unsupportedRoutes]);
