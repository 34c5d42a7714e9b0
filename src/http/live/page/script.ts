import { makeConnection } from "./make-connection.ts";
import { makeKeyboard } from "./make-keyboard.ts";
import { makeMouse } from "./make-mouse.ts";
import { makePicker } from "./make-picker.ts";
import { makeQuestion } from "./make-question.ts";
import { makeScreen } from "./make-screen.ts";
import { makeTabs } from "./make-tabs.ts";
import { makeTouch } from "./make-touch.ts";
import { start } from "./start.ts";

const source = (pageFunction: (...given: never[]) => unknown) => pageFunction.toString();

/** The page's functions as one script: each of them stands alone, so that their sources are all there is to send. */
export const livePageScript = `"use strict";
(${source(start)})({
  makeConnection: ${source(makeConnection)},
  makeKeyboard: ${source(makeKeyboard)},
  makeMouse: ${source(makeMouse)},
  makePicker: ${source(makePicker)},
  makeQuestion: ${source(makeQuestion)},
  makeScreen: ${source(makeScreen)},
  makeTabs: ${source(makeTabs)},
  makeTouch: ${source(makeTouch)},
});
`;
