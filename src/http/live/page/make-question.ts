import type { ServerMessage } from "../../../browser/screencast/protocol.ts";
import type { Outgoing } from "./make-connection.ts";

type Question = Extract<ServerMessage, { type: "dialog" }>;

/** Runs in the page: shows the dialogs of the page that is driven, and sends what is answered. */
export function makeQuestion({
  dialog,
  byId,
  send,
}: {
  dialog: HTMLDialogElement;
  byId(id: string): HTMLElement;
  send(message: Outgoing): void;
}) {
  const from = byId("questionFrom");
  const text = byId("questionText");
  const answer = byId("questionAnswer") as HTMLInputElement;
  const no = byId("questionNo");
  let isOpen = false;

  dialog.addEventListener("close", () => {
    if (!isOpen) return;
    isOpen = false;
    const accept = dialog.returnValue === "yes";
    send({ type: "answer", accept, ...(answer.hidden ? {} : { text: answer.value }) });
  });
  // Escape says no.
  dialog.addEventListener("cancel", () => {
    dialog.returnValue = "no";
  });

  return {
    show({ kind, message, value }: Question) {
      from.textContent = kind === "beforeunload" ? "Leave the page?" : "The page says";
      text.textContent =
        kind === "beforeunload" ? "What was entered there may be lost." : message.slice(0, 5_000);
      answer.hidden = kind !== "prompt";
      answer.value = value;
      no.hidden = kind === "alert";
      dialog.returnValue = kind === "alert" ? "yes" : "no";
      isOpen = true;
      if (!dialog.open) dialog.showModal();
    },
    /** Somebody else has answered. */
    hide() {
      isOpen = false;
      dialog.close();
    },
  };
}
