import { createConnectVisits } from "../../identity/connect-visits.ts";
import { createConnect } from "../../job/connect/connect.ts";
import type { HttpDeps } from "../deps.ts";
import type { ConnectPageDeps } from "./deps.ts";

/** The connect page's own parts, made of the server's. */
export function openConnectPage(
  parts: Pick<
    HttpDeps,
    | "applications"
    | "authFlows"
    | "codes"
    | "connectTokens"
    | "database"
    | "identities"
    | "queue"
    | "redactor"
    | "runs"
    | "submitter"
  >,
): ConnectPageDeps {
  const { connectTokens: tokens, database } = parts;
  const visits = createConnectVisits({ db: database, tokens });
  return { ...parts, tokens, visits, connect: createConnect({ ...parts, tokens, visits }) };
}
