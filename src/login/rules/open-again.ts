import { describePage, stateOf } from "../page-state.ts";
import type { Rule } from "../situation.ts";

/** A page without a login, parts of which did not arrive, is opened once more before anything is made of it. */
export const openAgain: Rule = (situation) => {
  const { history, snapshot } = situation;
  const { submits, forms, settled } = stateOf(situation);
  const { failedLoads } = snapshot.activity;
  if (submits > 0 || history.acts.length > 0 || forms.length > 0 || failedLoads === 0 || !settled)
    return undefined;
  return {
    saw: `${describePage(situation)}, and ${failedLoads} of its requests failed`,
    doing: "open the page again",
    reason: "the page may be incomplete",
    action: { kind: "open_again" },
  };
};
