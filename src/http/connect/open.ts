import { createConnectVisits } from "../../identity/connect/connect-visits.ts";
import type { HalfMadeIdentities } from "../../identity/connect/half-made.ts";
import type { Leases } from "../../identity/leases/leases.ts";
import { createConnect } from "../../job/connect/connect.ts";
import type { Logger } from "../../log.ts";
import { createSignInYourself } from "../../session/sign-in-yourself.ts";
import type { HttpDeps } from "../deps.ts";
import type { ConnectPageDeps } from "./deps.ts";

/** The connect page's own parts, made of the server's. */
export function openConnectPage(
  parts: Pick<
    HttpDeps,
    | "applications"
    | "authFlows"
    | "codes"
    | "config"
    | "connectTokens"
    | "database"
    | "identities"
    | "queue"
    | "redactor"
    | "runs"
    | "sessionTokens"
    | "sessions"
    | "submitter"
  > & { halfMade: HalfMadeIdentities; leases: Pick<Leases, "acquire">; log: Logger },
): ConnectPageDeps {
  const { connectTokens: tokens, database } = parts;
  const visits = createConnectVisits({ db: database, tokens });
  const connect = createConnect({ ...parts, tokens, visits });
  const yourself = createSignInYourself({ ...parts, tokens, visits, connect });
  return { ...parts, tokens, visits, connect, yourself };
}
