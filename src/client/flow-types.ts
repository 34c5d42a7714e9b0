/**
 * What the client reads of a flow's type, so that a backend needs no more than
 * `import type invoice from "./flows/acme/invoice.ts"`. Structural: a flow's value never reaches the client.
 */
export interface FlowType {
  // Both are optional in the flow, and so in what is read of it.
  readonly input?: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
  run(context: never): Promise<unknown>;
}

/** Flows by name, as a backend declares them once: `{ "acme/invoice": typeof invoice }`. */
export type FlowTypes = Record<string, FlowType>;

/** What a flow's input schema takes, before its defaults and transforms; `undefined` for a flow without input. */
export type InputOf<F extends FlowType> = F extends {
  input?: { readonly "~standard": { readonly types?: { readonly input: infer Input } | undefined } };
}
  ? Input
  : unknown;

/** What a flow comes to. */
export type OutputOf<F extends FlowType> = Awaited<ReturnType<F["run"]>>;
