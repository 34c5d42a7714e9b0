import { makeDescribeControl } from "./describe-control.ts";
import { makeDescribeField } from "./describe-field.ts";
import { makeFindChallenges } from "./find-challenges.ts";
import { makeFindGroups } from "./find-groups.ts";
import { makeFindMessages } from "./find-messages.ts";
import { makeObserveFrame } from "./observe-frame.ts";
import { makeTools } from "./tools.ts";

const source = (pageFunction: (...given: never[]) => unknown) => pageFunction.toString();

/** The page functions as one expression: `(index) => { snapshot, elements }`. */
export const observeFrameSource = `(() => {
  const tools = (${source(makeTools)})();
  return (${source(makeObserveFrame)})({
    tools,
    describeField: (${source(makeDescribeField)})(tools),
    describeControl: (${source(makeDescribeControl)})(tools),
    findGroups: (${source(makeFindGroups)})(tools),
    findMessages: (${source(makeFindMessages)})(tools),
    findChallenges: (${source(makeFindChallenges)})(tools),
  });
})()`;
