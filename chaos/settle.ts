import { setTimeout as sleep } from 'node:timers/promises';
import { runSweep } from '../src/control/sweep.ts';
import { twinWorkflowId } from '../src/workflows/contract.ts';
import { logFilesOf, type ChaosSystem } from './system/system.ts';
import { readFile } from 'node:fs/promises';

/** Nothing has moved for so long although there is work: it never will. */
const STUCK_AFTER_MS = 60_000;
/** What nobody has poked by then was lost, and is the sweep's: longer than a dead worker's tasks take to be seen. */
const SWEEP_AFTER_MS = 12_000;
const POLL_MS = 200;

class Stuck extends Error {
  override name = 'Stuck';
}

/** Waits until every one of these twins has learned once and nothing is open. Returns the twins that the sweep had to wake. */
export async function settle(
  system: ChaosSystem,
  { tenant, learned }: { readonly tenant: string; readonly learned: readonly string[] },
  { sweeps, stuckAfterMs = STUCK_AFTER_MS }: { readonly sweeps: boolean; readonly stuckAfterMs?: number },
): Promise<string[]> {
  const repaired = new Set<string>();
  let seen = '';
  let movedAt = Date.now();
  let sweptAt = 0;
  for (;;) {
    const { moves, open } = await look(system, tenant, learned);
    if (open.length === 0) return [...repaired];
    if (moves !== seen) movedAt = Date.now();
    seen = moves;
    const still = Date.now() - movedAt;
    if (still > stuckAfterMs) throw new Stuck(`nothing moved for ${still / 1_000} s:\n${await dump(system, open)}`);
    if (sweeps && still > SWEEP_AFTER_MS && Date.now() - sweptAt > SWEEP_AFTER_MS) {
      sweptAt = Date.now();
      for (const id of await sweep(system, tenant)) repaired.add(id);
    }
    await sleep(POLL_MS);
  }
}

async function sweep({ database, control }: ChaosSystem, tenantId: string): Promise<string[]> {
  const input = { minEvents: 5, limitTwins: 100, tenantId };
  const { decisions } = await runSweep({ db: database.db, control, defaultMinEvents: 5 }, input);
  return decisions.filter(({ enqueued }) => enqueued).map(({ twin_id }) => twin_id);
}

/** The twins that are not done, and what changes as long as anything goes on with them. */
async function look(
  { database: { sql } }: ChaosSystem,
  tenant: string,
  learned: readonly string[],
): Promise<{ moves: string; open: string[] }> {
  const rows = await sql<{ twin_id: string; done: boolean; moved: string }[]>`
    select s.twin_id,
      s.open_job_id is null and (s.twin_id <> all(${learned as string[]}) or exists (
        select from persona_feedback_learning_runs r where r.twin_id = s.twin_id and r.completed_at is not null)) as done,
      concat(s.updated_at, s.last_seq, j.updated_at, j.epoch, j.step) as moved
    from twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null
    left join jobs j on j.id = s.open_job_id
    where s.tenant_id = ${tenant} order by 1`;
  const open = rows.filter(({ done }) => !done);
  return { moves: JSON.stringify(open), open: open.map(({ twin_id }) => twin_id) };
}

/** Open jobs, the workflows of their twins, and the ends of the logs. */
async function dump(system: ChaosSystem, twins: readonly string[]): Promise<string> {
  const { database, temporal } = system;
  const jobs = await database.sql`
    select twin_id, id, status, step, epoch, updated_at from jobs
    where status in ('queued', 'processing') and twin_id = any(${twins as string[]})`;
  const states = await database.sql`
    select twin_id, open_job_id, pending_events, cooldown_until, deferred_until, failures from twin_state
    where twin_id = any(${twins as string[]})`;
  const workflows = await Promise.all(
    twins.map(async (twin) => {
      const handle = temporal.client.workflow.getHandle(twinWorkflowId(twin));
      const described = await handle.describe().catch((error: unknown) => String(error));
      if (typeof described === 'string') return { twin, described };
      const { status, historyLength, raw } = described;
      const { pendingActivities, pendingWorkflowTask } = raw;
      return { twin, status: status.name, historyLength, pendingActivities, pendingWorkflowTask };
    }),
  );
  const logs = await Promise.all(
    logFilesOf(system).map(async (file) => {
      const text = await readFile(file, 'utf8').catch(() => '');
      return `${file}:\n${text
        .trimEnd()
        .split('\n')
        .slice(-15)
        .map((line) => line.slice(0, 300))
        .join('\n')}`;
    }),
  );
  return [JSON.stringify({ states, jobs, workflows }, null, 1), ...logs].join('\n');
}
