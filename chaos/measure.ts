import { quantile } from '../bench/throughput/statistics.ts';
import type { Recovery } from './fault.ts';
import type { VoteLine } from './load/voter-messages.ts';
import type { ChaosSystem } from './system/system.ts';

/** Milliseconds from each return to the next accepted vote that was sent after it, and to the next completed job. */
export async function recoveriesOf(
  { database }: ChaosSystem,
  tenant: string,
  recoveries: readonly Recovery[],
  votes: readonly VoteLine[],
): Promise<{ vote: number[]; job: number[] }> {
  const jobs = await database.sql<{ twin_id: string; at: number }[]>`
    select twin_id, extract(epoch from completed_at)::float8 * 1000 as at from jobs
    where tenant_id = ${tenant} and completed_at is not null order by completed_at`;
  const accepted = votes.filter((line) => line.accepted !== undefined).sort((a, b) => a.at - b.at);
  const measured: { vote: number[]; job: number[] } = { vote: [], job: [] };
  for (const { since, until, twin } of recoveries) {
    const next =
      until === 'vote'
        ? accepted.find(({ sent }) => sent >= since)?.at
        : jobs.find(({ twin_id, at }) => at >= since && (twin === undefined || twin_id === twin))?.at;
    if (next !== undefined) measured[until].push(next - since);
  }
  return measured;
}

/** 99th percentile of the time that votes took which were sent in one of these intervals, accepted or not. */
export function slowVotes(
  away: readonly { readonly from: number; readonly to: number }[],
  votes: readonly VoteLine[],
): number {
  const times = votes
    .filter(({ sent, failed }) => failed !== 'given up' && away.some(({ from, to }) => sent >= from && sent < to))
    .map(({ sent, at }) => at - sent);
  return quantile(
    times.sort((a, b) => a - b),
    0.99,
  );
}
