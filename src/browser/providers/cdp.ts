// placeholder until the real one lands
import type { Logger } from "../../log.ts";
import type { Secret } from "../../secret.ts";
import type { Provider } from "./provider.ts";
export declare function _x(): void;
export function createCdpProvider(_: { url: Secret; log: Logger }): Provider {
  throw new Error("not yet");
}
