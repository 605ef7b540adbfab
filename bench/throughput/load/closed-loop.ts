import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { ClosedLoad, LoadResult } from './load.ts';
import { Tally } from './tally.ts';
import { voteRequest } from './vote-request.ts';

/** Before a refused connection tries again: a server that is away answers at once. */
const PAUSE_MS = 20;

/** Stops sending at the end and waits for what is under way: every vote sent is answered, or its connection broke. */
export async function closedLoop({ urls, votes, connections, seconds, count }: ClosedLoad): Promise<LoadResult> {
  const tally = new Tally();
  const end = seconds === undefined ? Infinity : performance.now() + seconds * 1_000;
  const last = count ?? Infinity;
  let next = 0;

  const poster = async (index: number): Promise<void> => {
    const connection = new Connection(urls[index % urls.length] ?? '');
    while (next < last && performance.now() < end) {
      const vote = next++;
      const request = voteRequest(votes, vote);
      const sent = performance.now();
      const status = await connection.send(request);
      tally.add(vote, status, sent);
      if (status === undefined) await sleep(PAUSE_MS);
    }
    connection.close();
  };

  await Promise.all(Array.from({ length: connections }, (_, index) => poster(index)));
  return tally.result();
}
