import { quoted } from "../describe.ts";
import { describePage, stateOf } from "../page-state.ts";
import { captionOf } from "../purpose.ts";
import type { Rule } from "../situation.ts";

/** The site takes nothing but a backup code. They are few, each is good once, and no identity has them. */
export const stopAtBackupCode: Rule = (situation) => {
  const { forms, codeForm, passwordForm, settled } = stateOf(situation);
  if (situation.history.passwordSubmits === 0 || !settled) return undefined;
  if (codeForm !== null || passwordForm !== null) return undefined;
  const field = forms.flatMap(({ fields }) => fields).find(({ purpose }) => purpose === "backup_code");
  if (field === undefined) return undefined;
  return {
    saw: `${describePage(situation)} with a field${quoted(captionOf(field))}`,
    doing: "stop: a backup code is asked for",
    reason: "backup codes are the user's own, and no other way is offered",
    action: {
      kind: "fail",
      code: "one_time_code_required",
      message: "The site asks for a backup code and offers no other way.",
    },
  };
};
