import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { ThreadData } from './thread.ts';
import { fromPlainError, type Question, type Reply } from './wire.ts';

/** The thread died in the middle of a question, of memory for one; another attempt may fare better. */
export class LearnerStopped extends Error {
  override name = 'LearnerStopped';
}

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './thread-from-source.mjs' : './thread.js', import.meta.url);

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that answers one question at a time; it starts at the first, and anew at the next one after it died. */
export class LearnerThread {
  readonly #databaseUrl: string;
  readonly #resourceLimits: ResourceLimits;
  #worker: Worker | undefined;
  #current: Asked | undefined;

  constructor(databaseUrl: string, resourceLimits: ResourceLimits) {
    this.#databaseUrl = databaseUrl;
    this.#resourceLimits = resourceLimits;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Rejects with what the thread threw, by name, message and code; with LearnerStopped when it died. */
  answer(message: Question): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#current = { resolve, reject };
      this.#worker ??= this.#start();
      // An idle thread does not keep the process alive.
      this.#worker.ref();
      this.#worker.postMessage(message);
    });
  }

  /** Ends the thread, and a question that is under way with it: nothing else stops a computation. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = worker.terminate();
    this.#stopped(worker);
    await ended;
  }

  #start(): Worker {
    const data: ThreadData = { databaseUrl: this.#databaseUrl };
    // The process's own arguments are for its entry: a loader, a script on the command line.
    const worker = new Worker(ENTRY, { workerData: data, resourceLimits: this.#resourceLimits, execArgv: [] });
    let cause: unknown;
    worker.on('message', (reply: Reply) => {
      if (this.#worker !== worker) return;
      worker.unref();
      this.#settle(({ resolve, reject }) => (reply.ok ? resolve(reply.value) : reject(fromPlainError(reply.error))));
    });
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => this.#stopped(worker, cause));
    return worker;
  }

  #stopped(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    this.#settle(({ reject }) => reject(new LearnerStopped(`the learner's thread stopped${code}`, { cause })));
  }

  #settle(how: (asked: Asked) => void): void {
    const asked = this.#current;
    this.#current = undefined;
    if (asked !== undefined) how(asked);
  }
}
