export interface GroupOptions<In> {
  /** Groups under way at once, each of items that no other lane has: they never wait for each other's locks. */
  readonly lanes: number;
  readonly laneOf: (item: In) => string;
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
  readonly since: number;
  readonly resolve: (result: Out) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane<In, Out> {
  /** By owner, in order of arrival. */
  readonly queues: Map<string, Waiting<In, Out>[]>;
  busy: boolean;
}

/** FNV-1a: items of one name share a lane, different names spread. */
function laneIndex(name: string, lanes: number): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16_777_619);
  return (hash >>> 0) % lanes;
}

/** Takes the oldest of each owner by turns, so that one owner's flood delays another's item by a group at most. */
function takeGroup<In, Out>(queues: Map<string, Waiting<In, Out>[]>, max: number): Waiting<In, Out>[] {
  const group: Waiting<In, Out>[] = [];
  const share = Math.max(1, Math.floor(max / Math.max(1, queues.size)));
  // An owner with more is put last again, where this loop finds it until the group is full.
  for (const [owner, queue] of queues) {
    group.push(...queue.splice(0, Math.min(share, max - group.length)));
    queues.delete(owner);
    if (queue.length > 0) queues.set(owner, queue);
    if (group.length === max) break;
  }
  return group;
}

/**
 * Commits single items in groups (group commit, DeWitt et al. 1984): what arrives while its lane is busy shares the next
 * transaction; an item alone waits for nobody. Rejects with GroupCommitRefusal, or with what `run` threw.
 */
export function createGroupCommit<In, Out>(
  run: (items: readonly In[]) => Promise<Out[]>,
  options: GroupOptions<In>,
  now: () => number = () => performance.now(),
): (item: In) => Promise<Out> {
  const { lanes, laneOf, maxGroup, maxWaiting, maxWaitMs, ownerOf, splits } = options;
  const all = Array.from({ length: lanes }, (): Lane<In, Out> => ({ queues: new Map(), busy: false }));
  const waitingOf = new Map<string, number>();

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
      if (group.length > 1 && splits(error)) {
        const middle = Math.ceil(group.length / 2);
        await settle(group.slice(0, middle));
        await settle(group.slice(middle));
      } else for (const { reject } of group) reject(error);
    }
  };

  const pump = async (lane: Lane<In, Out>): Promise<void> => {
    if (lane.busy) return;
    lane.busy = true;
    for (let group = takeGroup(lane.queues, maxGroup); group.length > 0; group = takeGroup(lane.queues, maxGroup)) {
      const oldest = now() - maxWaitMs;
      const timely: Waiting<In, Out>[] = [];
      for (const one of group) {
        count(one.item, -1);
        if (one.since < oldest) one.reject(new GroupCommitRefusal('waited_too_long'));
        else timely.push(one);
      }
      if (timely.length > 0) await settle(timely);
    }
    lane.busy = false;
  };

  return async (item) => {
    const owner = ownerOf(item);
    if ((waitingOf.get(owner) ?? 0) >= maxWaiting) throw new GroupCommitRefusal('queue_full');
    count(item, 1);
    return new Promise<Out>((resolve, reject) => {
      const lane = all[laneIndex(laneOf(item), lanes)]!;
      const waiting = { item, since: now(), resolve, reject };
      const queue = lane.queues.get(owner);
      if (queue === undefined) lane.queues.set(owner, [waiting]);
      else queue.push(waiting);
      void pump(lane);
    });
  };
}
