export interface GroupOptions<In> {
  /** Items of one group at most. */
  readonly maxGroup: number;
  /** Groups under way at once. */
  readonly maxRunning: number;
  /** Items of one owner that may wait; one more is refused. */
  readonly maxWaiting: number;
  readonly ownerOf: (item: In) => string;
  /** Whether a group that failed this way may succeed item by item: one of them could be the cause. */
  readonly splits: (error: unknown) => boolean;
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits single items in groups (group commit, DeWitt et al. 1984): what arrives while transactions are under way
 * shares the next one. An item alone waits for nobody. The function answers undefined for an item that is refused.
 */
export function createGroupCommit<In, Out>(
  run: (items: readonly In[]) => Promise<Out[]>,
  options: GroupOptions<In>,
): (item: In) => Promise<Out> | undefined {
  const { maxGroup, maxRunning, maxWaiting, ownerOf, splits } = options;
  const queue: Waiting<In, Out>[] = [];
  const waitingOf = new Map<string, number>();
  let running = 0;

  const count = (item: In, change: 1 | -1): void => {
    const owner = ownerOf(item);
    const waiting = (waitingOf.get(owner) ?? 0) + change;
    if (waiting === 0) waitingOf.delete(owner);
    else waitingOf.set(owner, waiting);
  };

  const settle = async (group: readonly Waiting<In, Out>[]): Promise<void> => {
    try {
      const results = await run(group.map(({ item }) => item));
      group.forEach(({ resolve }, index) => resolve(results[index] as Out));
    } catch (error) {
      if (group.length > 1 && splits(error)) for (const one of group) await settle([one]);
      else for (const { reject } of group) reject(error);
    }
  };

  const pump = (): void => {
    while (running < maxRunning && queue.length > 0) {
      const group = queue.splice(0, maxGroup);
      for (const { item } of group) count(item, -1);
      running += 1;
      void settle(group).finally(() => {
        running -= 1;
        pump();
      });
    }
  };

  return (item) => {
    if ((waitingOf.get(ownerOf(item)) ?? 0) >= maxWaiting) return undefined;
    count(item, 1);
    return new Promise<Out>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      pump();
    });
  };
}
