import { sql } from 'drizzle-orm';
import type { ProbationVote } from '../learning/probation.ts';
import type { Reader } from './client.ts';
import type { SpecRow } from './spec-writes.ts';
import { trainedSql } from './trained.ts';

export interface ProbationStreams {
  /** Votes on what was live before, cast before the new version was published. */
  readonly old: readonly ProbationVote[];
  readonly fresh: readonly ProbationVote[];
}

/** Rows before publishing that are read for the old version's mean; more, where the first hold too few of its votes. */
const OLD_ROWS = [10_000, 100_000];
/** From so many on the error of the old mean rolls back falsely in under 1 % of simulations. */
const ENOUGH_OLD = 200;

/**
 * The standing votes of the version on probation and of the one before. Read are the rows since publishing and a bounded
 * number before it, whatever the ledger holds: a flood of votes that do not train must not leave the old version without.
 */
export async function readProbationStreams(
  db: Reader,
  spec: SpecRow,
  oldRows: readonly number[] = OLD_ROWS,
): Promise<ProbationStreams> {
  let streams: ProbationStreams = { old: [], fresh: [] };
  for (const rows of oldRows) {
    // Null: published before that was recorded.
    const after = Math.max(0, (spec.published_seq ?? 0) - rows);
    streams = await readStreams(db, spec, after);
    if (after === 0 || streams.old.length >= ENOUGH_OLD) break;
  }
  return streams;
}

/**
 * The standing votes of both versions, from the contexts that train, in the order in which their keys first came in.
 * The old version is the parent, with those before it whose prompts were the same, and what a rollback restored.
 * Answers with a draft are left out: a bad draft on trial must not roll back, nor a good one save, what was published.
 * Of the rows after `after` only.
 */
async function readStreams(db: Reader, spec: SpecRow, after: number): Promise<ProbationStreams> {
  const { twin_id, version, parent_version, published_at } = spec;
  if (published_at === null) throw new Error(`version ${version} of twin ${twin_id} is not published`);
  const rows = await db.execute<ProbationVote & { fresh: boolean } & Record<string, unknown>>(sql`
    with recursive before as (
      select p.version, p.parent_version, p.restores_version, p.run_id
      from persona_specs p where p.twin_id = ${twin_id} and p.version = ${parent_version}
      union
      select p.version, p.parent_version, p.restores_version, p.run_id
      from before b
      left join persona_feedback_learning_runs r on r.id = b.run_id
      join persona_specs p on p.twin_id = ${twin_id} and p.version = case
        when b.restores_version is not null then b.restores_version
        when 'prompt_unchanged' = any(r.summary) then b.parent_version end
    ), drafts as materialized (
      select p.version, module ->> 'id' as id
      from persona_specs p, jsonb_array_elements(p.spec -> 'procedural_modules') module
      where p.twin_id = ${twin_id} and module ->> 'status' = 'draft'
        and p.version in (select version from before union select ${version})
    ), state as materialized (
      select train_from from twin_state where twin_id = ${twin_id}
    ), standing as (
      select distinct on (e.vote_key) e.twin_id, e.rater_id, e.score, e.occurred_at, e.spec_version, e.source,
        e.interaction_context, e.modules, min(e.seq) over (partition by e.vote_key) as first_seq
      from persona_training_events e where e.twin_id = ${twin_id} and e.seq > ${after}
      order by e.vote_key, e.seq desc
    )
    select e.rater_id, e.score = 1 as good, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD') as day,
      e.spec_version = ${version} as fresh
    from standing e cross join state s
    where ${trainedSql('e')} and e.source <> 'persona_audit' and (
      (e.spec_version = ${version} and e.occurred_at >= ${published_at.toISOString()})
      or (e.spec_version in (select version from before) and e.occurred_at < ${published_at.toISOString()}
        and e.occurred_at >= ${published_at.toISOString()}::timestamptz - interval '365 days'))
      and not exists (select from drafts d
        where d.version = e.spec_version and e.modules @> jsonb_build_array(jsonb_build_object('id', d.id)))
    order by e.first_seq`);
  const side = (fresh: boolean): ProbationVote[] =>
    rows.filter((row) => row.fresh === fresh).map(({ rater_id, good, day }) => ({ rater_id, good, day }));
  return { old: side(false), fresh: side(true) };
}

/** Whether the held candidate waits for a probation that is over, and no run has come since. */
export async function awaitsProbation(db: Reader, twinId: string): Promise<boolean> {
  const rows = await db.execute(sql`
    select from persona_specs held
    join persona_feedback_learning_runs r on r.id = held.run_id and r.reason = 'probation_active'
    join persona_specs live on live.twin_id = held.twin_id and live.status = 'active'
    where held.twin_id = ${twinId} and held.review = 'held' and live.probation_ended_at is not null
      and not exists (select from persona_feedback_learning_runs later
        where later.twin_id = held.twin_id and later.created_at > live.probation_ended_at)`);
  return rows.length > 0;
}
