import { readFile } from 'node:fs/promises';
import { findViolations } from '../test/support/invariants.ts';
import type { VoteLine } from './load/voter-messages.ts';
import { logFilesOf, type ChaosSystem } from './system/system.ts';

export interface Expected {
  readonly votes: readonly VoteLine[];
  /** All twins of the fault, and those that were sent votes to learn from. */
  readonly twins: readonly string[];
  readonly learned: readonly string[];
  /** In the comment of every vote. */
  readonly canary: string;
  /** What earlier faults have left broken and been blamed for; grows. */
  readonly known: Set<string>;
}

/** What does not hold once all has settled: votes lost or doubled, versions missing or doubled, the invariants. */
export async function check(system: ChaosSystem, expected: Expected): Promise<string[]> {
  const problems: string[] = [];
  const { database, temporal } = system;
  const accepted = expected.votes.flatMap((line) => line.accepted ?? []);
  const [stored] = await database.sql<{ rows: number; events: number }[]>`
    select count(*)::int as rows, count(distinct (e.twin_id, e.event_id))::int as events
    from persona_training_events e
    join jsonb_to_recordset(${JSON.stringify(accepted)}::jsonb) as a(twin_id text, event_id text) using (twin_id, event_id)`;
  if (stored?.events !== accepted.length || stored.rows !== accepted.length) {
    problems.push(
      `VOTES: ${accepted.length} answered with 202, ${stored?.events} in the ledger in ${stored?.rows} rows`,
    );
  }
  const versions = await database.sql<{ twin_id: string; published: number; jobs: number }[]>`
    select s.twin_id,
      (select count(*)::int from persona_specs p where p.twin_id = s.twin_id and p.origin = 'learned'
        and p.published_at is not null) as published,
      (select count(*)::int from jobs j where j.twin_id = s.twin_id) as jobs
    from twin_state s where s.twin_id = any(${expected.learned as string[]})`;
  for (const { twin_id, published, jobs } of versions) {
    if (published !== 1 || jobs !== 1)
      problems.push(`VERSIONS: ${twin_id} published ${published} in ${jobs} jobs, not 1 in 1`);
  }
  const captured: Record<string, string> = {};
  for (const file of logFilesOf(system)) captured[file] = await readFile(file, 'utf8').catch(() => '');
  for (const { url } of system.apis) {
    captured[`${url}/metrics`] = await fetch(`${url}/metrics`).then((answer) => answer.text(), String);
  }
  const violations = await findViolations(
    { database, client: temporal.client },
    { accepted, settled: true, canaries: [expected.canary], captured, twinIds: expected.twins },
  );
  for (const { name, rule, offenders } of violations) {
    const fresh = offenders.filter((line) => !expected.known.has(`${name} ${line}`));
    for (const line of fresh) expected.known.add(`${name} ${line}`);
    if (fresh.length > 0) problems.push(`${name} ${rule}:\n  ${fresh.slice(0, 10).join('\n  ')}`);
  }
  return problems;
}
