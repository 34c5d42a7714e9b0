import type { FlowType, FlowTypes, InputOf, OutputOf } from "./flow-types.ts";
import { type ClientOptions, createHttp, type Http } from "./http.ts";
import type {
  Batch,
  BatchEvent,
  EndedRun,
  Run,
  RunFilter,
  RunList,
  RunRequestOf,
  WatchedEvent,
} from "./types.ts";
import { type WatchOptions, watchBatch, watchRun } from "./watch.ts";

/** Where the options of a call go that are not the run's. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface SubmitOptions extends CallOptions {
  /** The same key and run again, within a day: the first run is answered. Made up unless given, so that a request may be repeated. */
  idempotencyKey?: string;
}

/**
 * What a backend does with runs. `Flows` says which flows there are, so that inputs and results are checked by the
 * compiler; without it any name and any input may be sent.
 */
export interface Client<Flows extends FlowTypes = Record<string, FlowType>> {
  /** Queues a run. @throws LatchkeyError */
  submit<Name extends keyof Flows & string>(
    flow: Name,
    request: RunRequestOf<InputOf<Flows[Name]>>,
    options?: SubmitOptions,
  ): Promise<Run<OutputOf<Flows[Name]>>>;
  /** The run once it has ended, however it ended: look at `outcome.status`. @throws LatchkeyError, or the signal's reason */
  wait<Output = unknown>(run: Run<Output> | string, options?: CallOptions): Promise<EndedRun<Output>>;
  /** Queues a run and waits for its end. */
  run<Name extends keyof Flows & string>(
    flow: Name,
    request: RunRequestOf<InputOf<Flows[Name]>>,
    options?: SubmitOptions,
  ): Promise<EndedRun<OutputOf<Flows[Name]>>>;
  /** The run's events from its first to its outcome, each once, over broken connections. */
  watch(run: Run | string, options?: WatchOptions): AsyncIterable<WatchedEvent>;
  /** Ends the run, whether it waits or runs; one that has ended stays as it is. */
  cancel(run: Run | string, options?: CallOptions): Promise<Run>;
  /** Queues the job of a run that has ended once more, as a new run. */
  retry(run: Run | string, options?: SubmitOptions): Promise<Run>;
  /** Gives a run that waits for one its one-time code, or the link the site sent. */
  handInCode(
    run: Run | string,
    given: { code: string } | { link: string },
    options?: CallOptions,
  ): Promise<void>;
  get<Output = unknown>(run: Run<Output> | string, options?: CallOptions): Promise<Run<Output>>;
  /** Newest first, a page at a time. */
  list(filter?: RunFilter, options?: CallOptions): Promise<RunList>;
  readonly batches: Batches<Flows>;
}

/** One run of a batch: its flow and what the flow is asked. */
export type BatchItem<Flows extends FlowTypes> = {
  [Name in keyof Flows & string]: { flow: Name } & RunRequestOf<InputOf<Flows[Name]>>;
}[keyof Flows & string];

/** Runs submitted as one, up to a thousand. */
export interface Batches<Flows extends FlowTypes = Record<string, FlowType>> {
  /** Submits all of the runs, or none. `runIds` stands in their order. @throws LatchkeyError */
  submit(
    runs: readonly BatchItem<Flows>[],
    options?: SubmitOptions & { name?: string },
  ): Promise<{ batch: Batch; runIds: string[] }>;
  get(batch: Batch | string, options?: CallOptions): Promise<Batch>;
  /** Its progress and the ends of its runs, until all have ended. */
  watch(batch: Batch | string, options?: CallOptions): AsyncIterable<BatchEvent>;
  /** The batch once all of its runs have ended. */
  wait(batch: Batch | string, options?: CallOptions): Promise<Batch>;
  /** Cancels those of its runs that have not ended. */
  cancel(batch: Batch | string, options?: CallOptions): Promise<Batch>;
}

/**
 * A client of a Latchkey service, on `fetch` alone.
 *
 * @example
 * import type invoice from "./flows/acme/invoice.ts";
 * const latchkey = createClient<{ "acme/invoice": typeof invoice }>({ url, apiKey });
 * const { outcome } = await latchkey.run("acme/invoice", { identityId: "me", input: { month: "2026-08" } });
 */
export function createClient<Flows extends FlowTypes = Record<string, FlowType>>(
  options: ClientOptions,
): Client<Flows> {
  const http = createHttp(options);
  const path = (run: Run | string) => `v1/runs/${encodeURIComponent(idOf(run))}`;
  const idempotent = (key: string = crypto.randomUUID()) => ({ "idempotency-key": key });

  const client: Client = {
    submit: (flow, request, { idempotencyKey, signal } = {}) =>
      http.json("v1/runs", {
        method: "POST",
        body: { flow, ...request },
        headers: idempotent(idempotencyKey),
        signal,
      }),
    async wait(run, { signal } = {}) {
      for await (const _event of client.watch(run, signal === undefined ? {} : { signal }));
      return http.json(path(run), { signal });
    },
    async run(flow, request, callOptions = {}) {
      return client.wait(await client.submit(flow, request, callOptions), callOptions);
    },
    watch: (run, watchOptions = {}) => watchRun(http, idOf(run), watchOptions),
    cancel: (run, { signal } = {}) => http.json(path(run), { method: "DELETE", signal }),
    retry: (run, { idempotencyKey, signal } = {}) =>
      http.json(`${path(run)}/retry`, { method: "POST", headers: idempotent(idempotencyKey), signal }),
    async handInCode(run, given, { signal } = {}) {
      await http.send(`${path(run)}/code`, { method: "POST", body: given, signal });
    },
    get: (run, { signal } = {}) => http.json(path(run), { signal }),
    list: (filter = {}, { signal } = {}) => http.json("v1/runs", { query: { ...filter }, signal }),
    batches: createBatches(http, idempotent),
  };
  return client as Client<Flows>;
}

function createBatches(http: Http, idempotent: (key?: string) => Record<string, string>): Batches {
  const path = (batch: Batch | string) => `v1/batches/${encodeURIComponent(idOf(batch))}`;
  const batches: Batches = {
    submit: (runs, { name, idempotencyKey, signal } = {}) =>
      http.json("v1/batches", {
        method: "POST",
        body: { ...(name === undefined ? {} : { name }), runs },
        headers: idempotent(idempotencyKey),
        signal,
      }),
    get: (batch, { signal } = {}) => http.json(path(batch), { signal }),
    watch: (batch, options = {}) => watchBatch(http, idOf(batch), options),
    async wait(batch, options = {}) {
      for await (const event of batches.watch(batch, options)) if (event.type === "ended") return event.batch;
      return batches.get(batch, options);
    },
    cancel: (batch, { signal } = {}) => http.json(path(batch), { method: "DELETE", signal }),
  };
  return batches;
}

const idOf = (named: { id: string } | string): string => (typeof named === "string" ? named : named.id);
