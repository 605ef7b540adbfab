import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { Questions } from './questions.ts';
import type { ThreadData } from './thread.ts';
import { fromPlainError, type Question, type Reply } from './wire.ts';

type Answer<Q extends keyof Questions> = Awaited<ReturnType<Questions[Q]>>;

/**
 * Learning and judging, in a thread of its own, so that heartbeats, votes and everything else on this event loop go on
 * meanwhile. It reads the ledger itself. Questions are answered one at a time in the order they are asked, whichever
 * tenant's they are: a tenant may wait for another one's fit.
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
  /** Ends the thread; what is still asked rejects. */
  close(): Promise<void>;
}

/** The thread died in the middle of a question, of memory for one; another attempt may fare better. */
class LearnerStopped extends Error {
  override name = 'LearnerStopped';
}

interface Asked {
  readonly message: Question;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Four times the 250 MB that 100,000 votes need, and a young generation that leaves less to be collected later. */
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 16 };

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './thread-from-source.mjs' : './thread.js', import.meta.url);

/**
 * Starts its thread at the first question. Node's own Worker, not a pool: one thread holds the fits that runs share,
 * which tasks that are spread over a pool's threads could not.
 */
export function createLearner(databaseUrl: string, resourceLimits: ResourceLimits = LIMITS): Learner {
  const waiting: Asked[] = [];
  let thread: Worker | undefined;
  let current: Asked | undefined;
  let closed = false;

  function start(): Worker {
    const data: ThreadData = { databaseUrl };
    // The process's own arguments are for its entry: a loader, a script on the command line.
    const started = new Worker(ENTRY, { workerData: data, resourceLimits, execArgv: [] });
    let cause: unknown;
    started.on('message', (reply: Reply) => {
      if (thread !== started) return;
      settle((asked) => (reply.ok ? asked.resolve(reply.value) : asked.reject(fromPlainError(reply.error))));
    });
    started.on('error', (error) => (cause = error));
    started.on('exit', () => stopped(started, cause));
    return started;
  }

  function stopped(which: Worker, cause?: unknown): void {
    if (thread !== which) return;
    thread = undefined;
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    settle(({ reject }) => reject(new LearnerStopped(`the learner's thread stopped${code}`, { cause })));
  }

  function settle(how: (asked: Asked) => void): void {
    if (current !== undefined) how(current);
    current = undefined;
    next();
  }

  /** An idle thread does not keep the process alive. */
  function next(): void {
    if (current !== undefined) return;
    current = waiting.shift();
    if (current === undefined) return thread?.unref();
    thread ??= start();
    thread.ref();
    thread.postMessage(current.message);
  }

  /** A question that is under way ends with its thread: nothing else stops a computation. */
  function giveUp(asked: Asked): void {
    const index = waiting.indexOf(asked);
    if (index !== -1) waiting.splice(index, 1);
    if (current !== asked || thread === undefined) return;
    void thread.terminate();
    stopped(thread);
  }

  return {
    ask: (question, input, signal) =>
      new Promise((resolve, reject) => {
        if (closed) throw new LearnerStopped('the learner is closed');
        signal?.throwIfAborted();
        const abort = () => {
          reject(signal?.reason);
          giveUp(asked);
        };
        const done = () => signal?.removeEventListener('abort', abort);
        const asked: Asked = {
          message: { question, input } as Question,
          resolve: (value) => (done(), resolve(value as Answer<typeof question>)),
          reject: (error) => (done(), reject(error)),
        };
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(asked);
        next();
      }),

    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new LearnerStopped('the learner is closed'));
      const last = thread;
      if (last === undefined) return;
      await last.terminate();
      stopped(last);
    },
  };
}
