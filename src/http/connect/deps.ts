import type { Config } from "../../config.ts";
import type { Database } from "../../database/open.ts";
import type { Applications } from "../../identity/applications/applications.ts";
import type { AuthFlows } from "../../identity/applications/auth-flows.ts";
import type { ConnectTokens } from "../../identity/connect/connect-tokens.ts";
import type { ConnectVisits } from "../../identity/connect/connect-visits.ts";
import type { Identities } from "../../identity/identities.ts";
import type { Connect } from "../../job/connect/connect.ts";
import type { Redactor } from "../../redact.ts";
import type { SignInYourself } from "../../session/sign-in-yourself.ts";

/** What the connect page works with. */
export interface ConnectPageDeps {
  config: Pick<Config, "publicUrl">;
  database: Database;
  applications: Pick<Applications, "get">;
  authFlows: Pick<AuthFlows, "list">;
  identities: Pick<Identities, "get" | "revealCredentials">;
  tokens: ConnectTokens;
  visits: ConnectVisits;
  connect: Connect;
  yourself: SignInYourself;
  redactor: Redactor;
}
