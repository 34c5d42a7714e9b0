/** Rows in one order, whoever writes them: two writers of the same would wait for each other else. */
export const inOrder = <T extends object>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
