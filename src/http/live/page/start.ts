import type { LiveState, ServerMessage } from "../../../browser/screencast/protocol.ts";
import type { makeConnection } from "./make-connection.ts";
import type { makeKeyboard } from "./make-keyboard.ts";
import type { makeMouse } from "./make-mouse.ts";
import type { makePicker } from "./make-picker.ts";
import type { makeQuestion } from "./make-question.ts";
import type { makeScreen } from "./make-screen.ts";
import type { makeTabs } from "./make-tabs.ts";
import type { makeTouch } from "./make-touch.ts";

export interface PageParts {
  makeConnection: typeof makeConnection;
  makeKeyboard: typeof makeKeyboard;
  makeMouse: typeof makeMouse;
  makePicker: typeof makePicker;
  makeQuestion: typeof makeQuestion;
  makeScreen: typeof makeScreen;
  makeTabs: typeof makeTabs;
  makeTouch: typeof makeTouch;
}

/** Runs in the page: takes the token out of the address, connects, and puts the parts together. */
export function start(parts: PageParts): void {
  const byId = (id: string): HTMLElement => {
    const element = document.getElementById(id);
    if (element === null) throw new Error(`There is no #${id}.`);
    return element;
  };
  const canvas = byId("picture") as HTMLCanvasElement;
  const field = byId("keys") as HTMLTextAreaElement;
  const address = byId("address") as HTMLInputElement;
  const given = new URLSearchParams(location.search);
  // Kept with this entry of the history alone, so that the page can be loaded again.
  const kept: unknown = history.state;
  const token = given.get("token") ?? (typeof kept === "string" ? kept : "");
  if (given.has("token")) {
    given.delete("token");
    const rest = given.size > 0 ? `?${given}` : "";
    history.replaceState(token, "", location.pathname + rest);
  }
  if (given.get("controls") === "off") document.body.dataset["controls"] = "off";

  let scope: "view" | "act" | "drive" = "view";
  let what: "session" | "run" = "session";
  let isReached = false;
  let isLive = false;
  /** Whether a picture came since there is something to be seen; one may come before that is said. */
  let isDrawn = false;
  let notice: number | undefined;

  const words: Record<LiveState, string> = {
    waiting: "Waiting for the page to open…",
    signing_in: "Signing in. What is typed meanwhile is not shown.",
    live: "",
    ended: "",
  };
  const say = (text: string, forMs?: number) => {
    clearTimeout(notice);
    byId("status").textContent = text;
    if (forMs !== undefined) notice = window.setTimeout(sayWhatIs, forMs);
  };
  const sayWhatIs = () => {
    const driving = scope !== "view" ? "Live: mouse and keys go to the page." : "Live, read-only.";
    say(document.body.dataset["state"] === "live" ? driving : (byId("coverText").textContent ?? ""));
  };
  const cover = (state: LiveState | "connecting" | "lost" | "refused", text: string) => {
    document.body.dataset["state"] = state;
    byId("coverText").textContent = text;
    field.hidden = state !== "live" || scope === "view";
    sayWhatIs();
  };
  const send: typeof connection.send = (message) => connection.send(message);
  const focusPage = () => {
    if (scope !== "view") keyboard.focus();
  };
  const copyOut = async (text: string) => {
    if (text === "") return;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.", 2_000);
    } catch {
      say("The browser did not let this page copy.", 4_000);
    }
  };
  const notices = {
    file_chooser: "The page asks for a file. Files cannot be handed in here: use the API's uploads.",
    address_refused: "That is no address of the web.",
  };

  const setScope = (message: Extract<ServerMessage, { type: "hello" }>) => {
    ({ scope, what } = message);
    document.body.dataset["scope"] = scope;
    const mayAct = scope !== "view";
    byId("scope").hidden = mayAct;
    byId("history").hidden = !mayAct;
    byId("leave").hidden = !mayAct;
    byId("type").hidden = !mayAct || !matchMedia("(any-pointer: coarse)").matches;
    address.readOnly = scope !== "drive";
    tabs.setScope(scope);
  };
  const receive = (message: ServerMessage) => {
    switch (message.type) {
      case "hello":
        setScope(message);
        break;
      case "state":
        isReached = true;
        isLive = message.state === "live";
        if (message.state === "ended") {
          connection.end();
          question.hide();
          picker.hide();
          cover("ended", what === "run" ? "The run has ended." : "The session has ended.");
        } else if (!isLive) {
          isDrawn = false;
          cover(message.state, words[message.state]);
        } else if (isDrawn) cover("live", "");
        break;
      case "tabs":
        tabs.show(message);
        break;
      case "dialog":
        question.show(message);
        break;
      case "dialogClosed":
        question.hide();
        break;
      case "picker":
        picker.show(message);
        break;
      case "pickerClosed":
        picker.hide();
        break;
      case "copied":
        void copyOut(message.text);
        break;
      case "notice":
        say(notices[message.what], 6_000);
        break;
    }
  };

  const connection = parts.makeConnection({
    id: location.pathname.split("/")[2] ?? "",
    token,
    handlers: {
      onMessage: receive,
      onFrame: (header, jpeg) => void screen.draw(header, jpeg),
      onConnected: () => screen.connected(),
      onLost() {
        isLive = false;
        isDrawn = false;
        question.hide();
        picker.hide();
        cover(isReached ? "lost" : "connecting", isReached ? "Connecting again…" : "Connecting…");
      },
      onRefused: () =>
        cover(
          "refused",
          "There is nothing to see by this link: what it showed has ended, or it is not good.",
        ),
    },
  });
  const screen = parts.makeScreen({
    canvas,
    stage: byId("stage"),
    fit: byId("fit"),
    send,
    onDrawn() {
      isDrawn = true;
      if (isLive && document.body.dataset["state"] !== "live") cover("live", "");
    },
  });
  const tabs = parts.makeTabs({ list: byId("tabs"), address, send });
  const keyboard = parts.makeKeyboard({ field, send });
  const question = parts.makeQuestion({ dialog: byId("question") as HTMLDialogElement, byId, send });
  const picker = parts.makePicker({ popup: byId("picker"), screen, send, onClosed: focusPage });
  const act: typeof send = (message) => {
    if (scope !== "view" && document.body.dataset["state"] === "live") send(message);
  };
  parts.makeMouse({ canvas, screen, send: act, onPress: focusPage });
  parts.makeTouch({ canvas, screen, send: act });

  byId("back").addEventListener("click", () => send({ type: "go", to: "back" }));
  byId("forward").addEventListener("click", () => send({ type: "go", to: "forward" }));
  byId("reload").addEventListener("click", () => send({ type: "go", to: "reload" }));
  byId("type").addEventListener("click", focusPage);
  byId("bar").addEventListener("submit", (event) => {
    event.preventDefault();
    if (address.readOnly) return;
    send({ type: "go", to: { url: address.value } });
    focusPage();
  });
  address.addEventListener("blur", () => {
    address.value = address.dataset["url"] ?? "";
  });
}
