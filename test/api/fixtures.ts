import { planTwin } from '../../src/commands/plan.ts';
import { holdCandidate as insertHeldCandidate, type CandidateOptions } from '../support/candidate.ts';
import { DEFAULTS, unique, type TestApi } from './harness.ts';

/** Enough votes for a run, by so many raters. */
export async function castVotes(api: TestApi, twin_id: string, count = 5): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({
    trace_id: unique('vote'),
    twin_id,
    score: n % 2 === 0 ? 1 : -1,
    rater_id: `r${n}`,
  }));
  const { body } = await api.call('POST', '/feedback', { body: { items } });
  if (body.stored !== count) throw new Error(JSON.stringify(body));
}

/** A queued job, claimed as the twin's workflow would. */
export async function openJob(api: TestApi, twinId: string): Promise<string> {
  await castVotes(api, twinId);
  const plan = await planTwin(
    api.database,
    { twinId, source: 'feedback_event' },
    { defaults: DEFAULTS, openJobsPerTenant: 1_000 },
  );
  if (plan.kind !== 'run') throw new Error(plan.kind);
  return plan.jobId;
}

/** A held candidate that makes a length band narrower, with a report that is made anew when it is approved. */
export async function holdCandidate(
  api: TestApi,
  twinId: string,
  report: Pick<CandidateOptions, 'verdict' | 'checks'> = {},
): Promise<string> {
  return (await insertHeldCandidate(api.database, twinId, { ...report, stale: true })).version;
}
