import { captionOf, type FieldPurpose, purposeOf } from "./purpose.ts";
import type {
  ControlSnapshot,
  FieldSnapshot,
  FrameSnapshot,
  GroupSnapshot,
  PageSnapshot,
} from "./snapshot.ts";
import { speaksOf } from "./words.ts";

/** Fields and buttons of one group, with what the fields are for. Only what a person can see. */
export interface Form {
  frame: FrameSnapshot;
  group: GroupSnapshot;
  fields: (FieldSnapshot & { purpose: FieldPurpose })[];
  buttons: ControlSnapshot[];
  dialog: number | null;
}

/** All groups with a field a person can use, those in the topmost dialog first. */
export function formsOf(snapshot: PageSnapshot): Form[] {
  const forms = snapshot.frames.flatMap((frame) =>
    frame.groups.map((group): Form => {
      const fields = frame.fields
        .filter(
          (field) => field.group === group.id && field.shown && !speaksOf(captionOf(field), "leaveEmpty"),
        )
        .map((field) => ({ ...field, purpose: purposeOf(field, group) }));
      const buttons = frame.controls.filter((control) => control.group === group.id && control.shown);
      return { frame, group, fields, buttons, dialog: fields[0]?.dialog ?? null };
    }),
  );
  return forms
    .filter((form) => form.fields.length > 0)
    .sort((a, b) => Number(b.dialog !== null) - Number(a.dialog !== null));
}
