export {
  type Batches,
  type BatchItem,
  type CallOptions,
  type Client,
  createClient,
  type SubmitOptions,
} from "./client.ts";
export { type ErrorBody, LatchkeyError } from "./errors.ts";
export type { FlowType, FlowTypes, InputOf, OutputOf } from "./flow-types.ts";
export type { ClientOptions } from "./http.ts";
export type * from "./types.ts";
export type { WatchOptions } from "./watch.ts";
