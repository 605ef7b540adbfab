import type { ResourceLimits } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { LearnerStopped, LearnerThread } from './one-thread.ts';
import type { Questions } from './questions.ts';
import { ownerOf, type Question } from './wire.ts';

type Answer<Q extends keyof Questions> = Awaited<ReturnType<Questions[Q]>>;

/**
 * Learning and judging, in threads of their own, so that heartbeats, votes and everything else on this event loop go on
 * meanwhile. They read the ledger themselves. One question of a tenant is answered at a time, in the order they are
 * asked; tenants take turns, and a second one need not wait for the first one's long fit.
 */
export interface Learner {
  /**
   * Rejects with what the thread threw, by name, message and code; with LearnerStopped when the thread died, which the
   * next question starts anew; with the signal's reason once it is aborted. What nobody waits for is not computed on.
   */
  ask<Q extends keyof Questions>(
    question: Q,
    input: Parameters<Questions[Q]>[0],
    signal?: AbortSignal,
  ): Promise<Answer<Q>>;
  /** Ends the threads; what is still asked rejects. */
  close(): Promise<void>;
}

interface Asked {
  readonly message: Question;
  readonly owner: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is known of whoever has asked before. */
interface Owner {
  /** The thread that answered last: it may hold the fit that the next question needs. */
  readonly thread: LearnerThread;
  /** The number of that answer: the lowest has waited longest for a turn. */
  readonly turn: number;
}

const THREADS = 2;
const OWNERS_REMEMBERED = 1_000;
/** For each thread: four times what 100,000 votes need, and a young generation that leaves less to be collected later. */
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 16 };

/**
 * Starts its threads at the first questions, the second one only beside a first that is busy. Node's own Workers, not a
 * pool: a thread holds the fits that a tenant's runs share, so it matters which one is asked.
 */
export function createLearner(databaseUrl: string, resourceLimits: ResourceLimits = LIMITS): Learner {
  const threads = Array.from({ length: THREADS }, () => new LearnerThread(databaseUrl, resourceLimits));
  const waiting: Asked[] = [];
  const underWay = new Map<Asked, LearnerThread>();
  const owners = new LRUCache<string, Owner>({ max: OWNERS_REMEMBERED });
  let turns = 0;
  let closed = false;

  /** Of those whose owner has none under way, the one whose owner was answered longest ago; the first of equals. */
  function nextInTurn(): Asked | undefined {
    const busy = new Set([...underWay.keys()].map(({ owner }) => owner));
    let next: Asked | undefined;
    const turnOf = ({ owner }: Asked): number => owners.get(owner)?.turn ?? 0;
    for (const asked of waiting) {
      if (!busy.has(asked.owner) && (next === undefined || turnOf(asked) < turnOf(next))) next = asked;
    }
    return next;
  }

  /** The owner's own if it is idle, else one that nobody who waits calls his own. */
  function idleThreadFor({ owner }: Asked): LearnerThread | undefined {
    const idle = threads.filter(({ isBusy }) => !isBusy);
    const own = owners.get(owner)?.thread;
    if (own !== undefined && idle.includes(own)) return own;
    const wanted = new Set(
      waiting.map((asked) => (asked.owner === owner ? undefined : owners.get(asked.owner)?.thread)),
    );
    return idle.find((thread) => !wanted.has(thread)) ?? idle[0];
  }

  function dispatch(): void {
    for (let asked = nextInTurn(); asked !== undefined; asked = nextInTurn()) {
      const thread = idleThreadFor(asked);
      if (thread === undefined) return;
      waiting.splice(waiting.indexOf(asked), 1);
      void answer(asked, thread);
    }
  }

  async function answer(asked: Asked, thread: LearnerThread): Promise<void> {
    underWay.set(asked, thread);
    owners.set(asked.owner, { thread, turn: ++turns });
    try {
      asked.resolve(await thread.answer(asked.message));
    } catch (error) {
      asked.reject(error);
    }
    underWay.delete(asked);
    if (!closed) dispatch();
  }

  function giveUp(asked: Asked): void {
    const index = waiting.indexOf(asked);
    if (index !== -1) waiting.splice(index, 1);
    void underWay.get(asked)?.stop();
  }

  return {
    ask: (question, input, signal) =>
      new Promise((resolve, reject) => {
        if (closed) throw new LearnerStopped('the learner is closed');
        signal?.throwIfAborted();
        const message = { question, input } as Question;
        const abort = () => {
          reject(signal?.reason);
          giveUp(asked);
        };
        const done = () => signal?.removeEventListener('abort', abort);
        const asked: Asked = {
          message,
          owner: ownerOf(message),
          resolve: (value) => (done(), resolve(value as Answer<typeof question>)),
          reject: (error) => (done(), reject(error)),
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(asked);
        dispatch();
      }),

    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new LearnerStopped('the learner is closed'));
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}
