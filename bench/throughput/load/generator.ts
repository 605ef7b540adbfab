/** The load generator: a process of its own, which counts the answers outside the servers and outside the runner. */
import { closedLoop } from './closed-loop.ts';
import type { Load } from './load.ts';
import { openLoop } from './open-loop.ts';

export interface LoadMessage {
  readonly id: number;
  readonly load: Load;
}

process.on('message', ({ id, load }: LoadMessage) => {
  const done = load.kind === 'closed' ? closedLoop(load) : openLoop(load);
  done.then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
