import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadMessage } from './generator.ts';
import type { Load, LoadResult } from './load.ts';

type Answer = { readonly id: number } & ({ readonly result: LoadResult } | { readonly error: string });

export interface LoadProcess {
  run(load: Load): Promise<LoadResult>;
  stop(): void;
}

/** Starts the load generator; loads may run side by side. */
export function startLoadProcess(): LoadProcess {
  const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), { serialization: 'advanced' });
  const waiting = new Map<number, { resolve: (result: LoadResult) => void; reject: (error: Error) => void }>();
  let next = 0;
  child.on('message', (answer: Answer) => {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('result' in answer) one?.resolve(answer.result);
    else one?.reject(new Error(answer.error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the load generator ended (${code})`));
  });
  return {
    run: (load) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.send({ id, load } satisfies LoadMessage);
      }),
    // Its channel closes, and with it the process ends.
    stop: () => child.disconnect(),
  };
}
