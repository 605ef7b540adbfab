export interface GroupOptions<In> {
  /** Groups under way at most. */
  readonly maxRunning: number;
  /** Items that must wait for a second group to begin beside one that is under way; fewer wait for its end. */
  readonly besideFrom: number;
  /** Milliseconds after which a group is slow: the next one begins beside it, without what it has in common with it. */
  readonly slowAfterMs: number;
  /** What an item locks: two groups under way never have the same key. */
  readonly keyOf: (item: In) => string;
  /** Items of one group at most. */
  readonly maxGroup: number;
  /** Items of one owner that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** Milliseconds after which an item that still waits is refused. */
  readonly maxWaitMs: number;
  readonly ownerOf: (item: In) => string;
  /** Whether a group that failed this way may succeed in parts: one of its items could be the cause. */
  readonly splits: (error: unknown) => boolean;
}

/** The item was not begun; sending it again later may help. */
export class GroupCommitRefusal extends Error {
  override name = 'GroupCommitRefusal';
  readonly reason: 'queue_full' | 'waited_too_long';

  constructor(reason: GroupCommitRefusal['reason']) {
    super(reason);
    this.reason = reason;
  }
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly key: string;
  readonly since: number;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes up to `max` of a queue, in order, without those whose key is held. */
function takeFree<In, Out>(
  queue: Waiting<In, Out>[],
  max: number,
  held: ReadonlySet<string>,
): [taken: Waiting<In, Out>[], left: Waiting<In, Out>[]] {
  if (held.size === 0) return [queue.slice(0, max), queue.slice(max)];
  const taken: Waiting<In, Out>[] = [];
  const left: Waiting<In, Out>[] = [];
  for (const one of queue) (taken.length < max && !held.has(one.key) ? taken : left).push(one);
  return [taken, left];
}

/** Takes the oldest of each owner by turns, so that one owner's flood delays another's item by a group at most. */
function takeGroup<In, Out>(
  queues: Map<string, Waiting<In, Out>[]>,
  max: number,
  held: ReadonlySet<string>,
): Waiting<In, Out>[] {
  const group: Waiting<In, Out>[] = [];
  const share = Math.max(1, Math.floor(max / Math.max(1, queues.size)));
  const blocked: [string, Waiting<In, Out>[]][] = [];
  // An owner with more is put last again, where this loop finds it until the group is full.
  for (const [owner, queue] of queues) {
    const [taken, left] = takeFree(queue, Math.min(share, max - group.length), held);
    group.push(...taken);
    queues.delete(owner);
    if (taken.length === 0) blocked.push([owner, left]);
    else if (left.length > 0) queues.set(owner, left);
    if (group.length === max) break;
  }
  for (const [owner, left] of blocked) queues.set(owner, left);
  return group;
}

/**
 * Commits single items in groups (group commit, DeWitt et al. 1984): what arrives while a group is under way shares the
 * next; an item alone waits for nobody. Few large groups are the least work an item; beside a slow one others begin, so
 * that what it waits for (a lock) does not hold up the rest. Rejects with GroupCommitRefusal, or with
 * what `run` threw.
 */
export function createGroupCommit<In, Out>(
  run: (items: readonly In[]) => Promise<Out[]>,
  options: GroupOptions<In>,
  now: () => number = () => performance.now(),
): (item: In) => Promise<Out> {
  const { maxRunning, besideFrom, slowAfterMs, keyOf, maxGroup, maxWaiting, maxWaitMs, ownerOf, splits } = options;
  /** By owner, in order of arrival. */
  const queues = new Map<string, Waiting<In, Out>[]>();
  const waitingOf = new Map<string, number>();
  const held = new Set<string>();
  let waiting = 0;
  let running = 0;
  let slow = 0;

  const count = (item: In, change: 1 | -1): void => {
    const owner = ownerOf(item);
    const ofOwner = (waitingOf.get(owner) ?? 0) + change;
    if (ofOwner === 0) waitingOf.delete(owner);
    else waitingOf.set(owner, ofOwner);
    waiting += change;
  };

  /** Runs a group to its end; how its callers are answered. Never rejects. */
  const settle = async (group: readonly Waiting<In, Out>[]): Promise<() => void> => {
    try {
      const results = await run(group.map(({ item }) => item));
      return () => group.forEach(({ resolve }, index) => resolve(results[index] as Out));
    } catch (error) {
      if (group.length === 1 || !splits(error)) return () => group.forEach(({ reject }) => reject(error));
      const middle = Math.ceil(group.length / 2);
      const answerFirst = await settle(group.slice(0, middle));
      const answerRest = await settle(group.slice(middle));
      return () => {
        answerFirst();
        answerRest();
      };
    }
  };

  const commit = async (group: readonly Waiting<In, Out>[]): Promise<void> => {
    const keys = new Set(group.map(({ key }) => key));
    for (const key of keys) held.add(key);
    running += 1;
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      slow += 1;
      pump();
    }, slowAfterMs);
    const answer = await settle(group);
    clearTimeout(timer);
    if (isSlow) slow -= 1;
    running -= 1;
    for (const key of keys) held.delete(key);
    // The next group is on its way before the answers of this one are written: the database need not wait for them.
    pump();
    answer();
  };

  /** One group alone, and a second beside it when there is enough for both: one is on disk while another is prepared. */
  const mayBegin = (): boolean => {
    const prompt = running - slow;
    return prompt === 0 || (prompt === 1 && waiting >= besideFrom);
  };

  const pump = (): void => {
    while (running < maxRunning && mayBegin()) {
      const group = takeGroup(queues, maxGroup, held);
      if (group.length === 0) return;
      const oldest = now() - maxWaitMs;
      const timely: Waiting<In, Out>[] = [];
      for (const one of group) {
        count(one.item, -1);
        if (one.since < oldest) one.reject(new GroupCommitRefusal('waited_too_long'));
        else timely.push(one);
      }
      if (timely.length > 0) void commit(timely);
    }
  };

  return async (item) => {
    const owner = ownerOf(item);
    if ((waitingOf.get(owner) ?? 0) >= maxWaiting) throw new GroupCommitRefusal('queue_full');
    count(item, 1);
    return new Promise<Out>((resolve, reject) => {
      const one = { item, key: keyOf(item), since: now(), resolve, reject };
      const queue = queues.get(owner);
      if (queue === undefined) queues.set(owner, [one]);
      else queue.push(one);
      pump();
    });
  };
}
