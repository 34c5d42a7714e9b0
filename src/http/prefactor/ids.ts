import { derivedPfid, partitionOf, pfidOf } from "./pfid.ts";

/** The PFIDs of a project: Prefactor's account, with one domain. */
export interface Ids {
  readonly partition: number;
  readonly account: string;
  readonly domain: string;
  /** Of an identity or a pool, by its UUID. */
  of(uuid: string): string;
  /** A factor's definition, in the ruleset of a pool. */
  factorNid(applicationId: string, factorName: string): string;
  rulesetNid(applicationId: string): string;
  /** A factor's value: another one once the value was replaced. `version` is its text where it is shown, else its time. */
  vid(value: { identityId: string; factorName: string; version: string }): string;
}

/** Nothing of it is stored: all are computed from what is. */
export function idsOf(project: string): Ids {
  const partition = partitionOf(project);
  return {
    partition,
    account: derivedPfid({ partition, parts: ["account", project] }),
    domain: derivedPfid({ partition, parts: ["domain", project] }),
    of: (uuid) => pfidOf(uuid, partition),
    factorNid: (applicationId, factorName) =>
      derivedPfid({ partition, of: applicationId, parts: ["factor", applicationId, factorName] }),
    rulesetNid: (applicationId) =>
      derivedPfid({ partition, of: applicationId, parts: ["ruleset", applicationId] }),
    vid: ({ identityId, factorName, version }) =>
      derivedPfid({ partition, of: identityId, parts: ["value", identityId, factorName, version] }),
  };
}
