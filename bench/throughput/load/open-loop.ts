import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { LoadResult, OpenLoad } from './load.ts';
import { Tally } from './tally.ts';
import { voteRequest } from './vote-request.ts';

/** How long after its end a load waits for a server that cannot keep up. */
const PATIENCE_MS = 20_000;

/** Times count from the instant at which a vote was due, so that a slow server cannot slow the votes down. */
export async function openLoop({ urls, votes, connections, seconds, perSecond }: OpenLoad): Promise<LoadResult> {
  const total = Math.floor(seconds * perSecond);
  const idle = Array.from({ length: connections }, (_, index) => new Connection(urls[index % urls.length] ?? ''));
  const all = [...idle];
  const tally = new Tally();
  const start = performance.now();
  const dueAt = (vote: number): number => start + (vote * 1_000) / perSecond;
  let next = 0;
  let answered = 0;

  const dispatch = (): void => {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1_000) + 1);
    while (next < due) {
      const connection = idle.pop();
      if (connection === undefined) return;
      const vote = next++;
      void connection.send(voteRequest(votes, vote)).then((status) => {
        tally.add(vote, status, dueAt(vote));
        answered += 1;
        idle.push(connection);
        // Whoever is late already does not wait for the clock.
        dispatch();
      });
    }
  };

  const end = start + seconds * 1_000 + PATIENCE_MS;
  while (answered < total && performance.now() < end) {
    dispatch();
    await sleep(1);
  }
  for (; next < total; next += 1) tally.neverSent(dueAt(next));
  while (idle.length < connections) await sleep(1);
  for (const connection of all) connection.close();
  return tally.result();
}
