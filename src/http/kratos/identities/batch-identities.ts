import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { Failure } from "../../../failure.ts";
import { defineRoute } from "../../define-route.ts";
import { requestFailure } from "../../to-failure.ts";
import { list, strict } from "../decode.ts";
import { badRequest, undecodable, wordsOf } from "../refusal.ts";
import { createBody } from "./body.ts";
import { type IdentityCall, identityTag, mostBodyBytes } from "./identity-call.ts";
import { hasPlainPassword } from "./import-credentials.ts";
import { type CreateBody, makeIdentity, newIdentityOf } from "./make-identity.ts";

const mostIdentities = 1_000;
/** Kratos has to hash each of them; its clients make their batches as large as this allows. */
const mostPasswords = 200;

const itemSchema = z.object({
  action: z.enum(["create", "error"]),
  identity: z.uuid().optional(),
  patch_id: z.uuid().optional(),
  error: z
    .object({
      code: z.int(),
      status: z.string(),
      reason: z.string().optional(),
      message: z.string(),
    })
    .optional(),
});

type Item = z.input<typeof itemSchema>;

export const batchIdentities = defineRoute({
  method: "PATCH",
  url: "/identities",
  access: "admin",
  tag: identityTag,
  summary: "Create many identities",
  description: `${mostIdentities} at most, ${mostPasswords} of them with a plain password. What comes of each stands in the answer, in the same order.`,
  body: strict({
    identities: list(
      strict({
        create: createBody.nullish(),
        patch_id: z.uuid({ error: "json: cannot unmarshal value into Go value of type uuid.UUID" }).nullish(),
      }),
    ),
  })
    .meta({ id: "KratosBatch" })
    .nullish(),
  mostBodyBytes,
  responses: { 200: z.object({ identities: z.array(itemSchema.nullable()) }) },
  failures: ["invalid_argument"],
  async handler(call) {
    if (call.body == null) throw undecodable("EOF");
    const { identities } = call.body;
    if (identities.length > mostIdentities)
      throw badRequest(`The maximum number of identities of one request is ${mostIdentities}.`);
    const passwords = identities.filter(({ create }) => hasPlainPassword(create?.credentials)).length;
    if (passwords > mostPasswords)
      throw badRequest(`The maximum number of plain passwords of one request is ${mostPasswords}.`);
    // What is wrong with any of them that needs no look at a schema refuses all, before one is made.
    const inputs = identities.map(({ create, patch_id: patchId }) => ({
      create,
      named: patchId == null ? {} : { patch_id: patchId },
      input: create == null ? undefined : newIdentityOf(create),
    }));
    const items: (Item | null)[] = [];
    let broken: Failure | undefined;
    for (const { create, named, input } of inputs) {
      if (create == null || input === undefined) {
        items.push(null);
        continue;
      }
      try {
        items.push({
          ...(broken === undefined ? await outcomeOf(call, create, input) : refused(broken)),
          ...named,
        });
      } catch (error) {
        const failure = requestFailure(error);
        // Nobody was made: the whole may be asked for again. Of those that were, the client has to know.
        if (!items.some((item) => item?.action === "create")) throw failure;
        call.request.log.error({ err: error, code: failure.code }, "a batch of identities broke off");
        broken = failure;
        items.push({ ...refused(failure), ...named });
      }
    }
    return { status: 200, body: { identities: items } };
  },
});

/** Throws what is the server's fault: it would be the same for all that follow. */
async function outcomeOf(
  call: IdentityCall,
  create: CreateBody,
  input: ReturnType<typeof newIdentityOf>,
): Promise<Item> {
  try {
    const { identity } = await makeIdentity(call, create.schema_id, input);
    return { action: "create", identity: identity.id };
  } catch (error) {
    const failure = requestFailure(error);
    if (failure.status >= 500) throw error;
    return refused(failure);
  }
}

function refused(failure: Failure): Item {
  const { message, reason } = wordsOf(failure);
  return {
    action: "error",
    error: {
      code: failure.status,
      status: STATUS_CODES[failure.status] ?? "",
      ...(reason === undefined ? {} : { reason }),
      message,
    },
  };
}
