import type { Config } from '../../config.ts';
import type { Database } from '../../db/client.ts';
import { countOwnRetentions, findUntouchedTwins, readJobHealth } from '../../db/health.ts';
import { findSweepCandidates } from '../../db/sweep.ts';
import { examine, ok, twinloop, warning, type Finding } from './finding.ts';

const SWEEP = twinloop('sweep --once --min-events 5 --limit-twins 100');
/** The sweep comes every 15 minutes; a step that runs touches its job within five. */
const LATE_MINUTES = 20;
/** More are counted as so many. */
const MOST = 1_000;

/** Twins that are due or were left by their workflow, and for how long. */
async function waiting(db: Database, { learning }: Config) {
  const query = { minEvents: 1, defaultMinEvents: learning.min_events, limit: MOST, tenantId: null };
  const found = await findSweepCandidates(db, query);
  const left = found.filter(({ reason }) => reason === 'stale_job').length;
  const due = found.filter(({ reason }) => reason === 'due');
  const late = await findUntouchedTwins(
    db,
    due.map(({ twin_id }) => twin_id),
    LATE_MINUTES,
  );
  if (left > 0)
    return warning(`Open jobs that nobody touched for five minutes: ${left}. Their workflow is lost.`, SWEEP);
  if (late.length > 0)
    return warning(`Twins that are due for ${LATE_MINUTES} minutes: ${late.length}, such as ${late[0]}.`, SWEEP);
  const [oldest] = due;
  if (oldest === undefined) return ok('no twin is due');
  return ok(`twins that are due: ${due.length}, none for long; their oldest vote came at ${oldest.since}`);
}

async function failures(db: Database, { apiUrl }: Config) {
  const { needs_attention, oldest, failed } = await readJobHealth(db);
  if (needs_attention > 0) {
    return warning(
      `Jobs that failed three times and wait for their owner: ${needs_attention}, the oldest ${oldest}. Mend what its log names first.`,
      `curl -X POST -H "Authorization: Bearer $TWINLOOP_API_KEY" ${apiUrl}/jobs/${oldest}/retry`,
    );
  }
  return ok(
    failed === 0 ? 'no job failed in the last 24 hours' : `failed in the last 24 hours, and tried again: ${failed}`,
  );
}

/** Votes that wait, jobs that failed, and for how long texts are kept. */
export async function examineTwins(db: Database, config: Config): Promise<Finding[]> {
  return [
    await examine('due votes', SWEEP, () => waiting(db, config)),
    await examine('failed jobs', SWEEP, () => failures(db, config)),
    await examine('retention', twinloop('retention --help'), async () => {
      const own = await countOwnRetentions(db);
      return ok(`texts are kept for ${config.textRetentionDays} days; tenants with a time of their own: ${own}`);
    }),
  ];
}
