import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Failure } from "../../../failure.ts";
import { isUuid } from "../../../identity/identity-input.ts";
import type { Actor, Identity } from "../../../identity/types.ts";
import type { Caller } from "../../api-keys/key-check.ts";
import type { HttpDeps } from "../../deps.ts";
import { noIdentity } from "../refusal.ts";
import { schemaIdsOf } from "../schemas/schema-of.ts";
import { accessOf, showCredentials } from "./show-configs.ts";
import type { CredentialName } from "./view-credentials.ts";
import { type ShownIdentity, viewIdentity } from "./view-identity.ts";

export const identityTag = "kratos: identities";
export const idParams = z.object({ id: z.string().meta({ description: "A UUID." }) });
/** The largest body that Kratos takes, in bytes. */
export const mostBodyBytes = 5 * 1024 ** 2;
/** What Kratos says with every answer to GET. */
export const unkept = { "cache-control": "private, no-cache, no-store, must-revalidate" };

/** What the handlers of identities take from their call. */
export interface IdentityCall {
  deps: HttpDeps;
  caller: Caller;
  request: FastifyRequest;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export const actorOf = ({ caller }: Pick<IdentityCall, "caller">): Actor => ({ name: `key:${caller.keyId}` });

/** By its id alone; whatever is no UUID is not found either. @throws KratosRefusal 404 */
export async function identityById(
  { deps, caller }: Pick<IdentityCall, "deps" | "caller">,
  id: string,
): Promise<Identity> {
  if (!isUuid(id)) throw noIdentity();
  return await deps.identities.get(caller.project, id);
}

interface AnswerOptions {
  isNew?: boolean;
  /** Looked up unless given. */
  schemaId?: string | undefined;
}

/** One identity with its credentials, and with what is in those that are asked for. */
export async function answerWith(
  call: IdentityCall,
  identity: Identity,
  { asked = [], ...options }: AnswerOptions & { asked?: readonly CredentialName[] } = {},
): Promise<ShownIdentity> {
  const [shown] = await answerWithAll(call, [identity], { asked, ...options });
  if (shown === undefined) throw new TypeError("One identity was to be shown.");
  return shown;
}

/** Several; without `asked`, without their credentials. @throws Failure `cancelled` when the client has gone */
export async function answerWithAll(
  call: IdentityCall,
  identities: readonly Identity[],
  { asked, isNew = false, schemaId }: AnswerOptions & { asked?: readonly CredentialName[] | undefined },
): Promise<ShownIdentity[]> {
  const { deps, caller, request } = call;
  const { config, applications } = deps;
  const schemaIdOf =
    schemaId === undefined ? await schemaIdsOf(applications, caller.project, identities) : () => schemaId;
  const access = accessOf(caller, config);
  const signal = asked === undefined || asked.length === 0 ? undefined : call.signal;
  const shown: ShownIdentity[] = [];
  for (const identity of identities) {
    if (signal?.aborted === true) throw new Failure("cancelled", "The client has gone.");
    const credentials =
      asked === undefined
        ? undefined
        : await showCredentials(deps, {
            identity,
            asked,
            access,
            actor: actorOf({ caller }),
            ...(signal === undefined ? {} : { signal }),
          });
    shown.push(
      viewIdentity(identity, {
        schemaId: schemaIdOf(identity),
        at: { request, config },
        isNew,
        ...(credentials === undefined ? {} : { credentials }),
      }),
    );
  }
  return shown;
}
