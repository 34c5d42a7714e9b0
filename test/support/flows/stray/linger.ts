import { defineFlow } from "latchkey";

/** Ends, and leaves a timer running that would keep the process for an hour. */
export default defineFlow({
  description: "Leave a timer running",
  async run() {
    setTimeout(() => {}, 3_600_000);
    return "done";
  },
});
