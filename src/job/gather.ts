/**
 * Gathers calls into batches: those that come while `mostAtOnce` batches are under way, and those of one turn of the
 * event loop, are done together. One that comes alone is done at once.
 *
 * @param work does a batch; its results stand in the order of its items. Throws for all of them.
 * @param fits whether an item may join a batch
 */
export function gather<Item, Result>({
  work,
  fits,
  mostAtOnce,
}: {
  work: (items: readonly Item[]) => Promise<readonly Result[]>;
  fits: (item: Item, batch: readonly Item[]) => boolean;
  mostAtOnce: number;
}): (item: Item) => Promise<Result> {
  type Waiting = PromiseWithResolvers<Result> & { item: Item };
  let waiting: Waiting[] = [];
  let underWay = 0;
  let isDue = false;

  function due(): void {
    if (isDue || underWay >= mostAtOnce || waiting.length === 0) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      void next();
    });
  }

  async function next(): Promise<void> {
    const batch = takeBatch();
    underWay += 1;
    due();
    try {
      const results = await work(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      underWay -= 1;
      due();
    }
  }

  function takeBatch(): Waiting[] {
    const taken: Waiting[] = [];
    const items: Item[] = [];
    const left: Waiting[] = [];
    for (const one of waiting) {
      if (items.length === 0 || fits(one.item, items)) {
        taken.push(one);
        items.push(one.item);
      } else left.push(one);
    }
    waiting = left;
    return taken;
  }

  return (item) => {
    const one = { ...Promise.withResolvers<Result>(), item };
    waiting.push(one);
    due();
    return one.promise;
  };
}
