import Table from "cli-table3";
import { bold } from "yoctocolors";

const bare = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Rows under bold heads, columns two spaces apart. */
export function table(heads: string[], rows: (string | number)[][]): string {
  const drawn = new Table({
    head: heads.map((head) => bold(head)),
    chars: bare,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  drawn.push(...rows);
  return drawn.toString();
}
