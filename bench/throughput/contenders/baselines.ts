import { eventsOfRun } from '../load/vote-request.ts';
import { sqlBaseline } from './baseline.ts';

export const bareInsert = sqlBaseline({
  name: 'bare insert',
  entry: 'bare-insert',
  // The ledger's columns but those that order and tell apart; the primary key is the only index, and no row refers to another.
  prepare: (sql) => sql`
    create table votes (
      id uuid primary key default gen_random_uuid(), twin_id text not null, tenant_id text not null,
      event_id text not null, source text not null, event_type text not null, trace_id text not null,
      message_id text not null, rater_id text, score smallint not null, reason text, comment text, query text,
      answer text, conversation_id text, interaction_context text not null, intent_label text not null,
      channel text not null, spec_version text, modules jsonb not null, occurred_at timestamptz not null,
      created_at timestamptz not null default now())`,
  count: (sql, run) => sql<{ rows: number; events: number }[]>`
    select count(*)::int as rows, count(distinct event_id)::int as events from votes
    where event_id like ${eventsOfRun(run)}`,
});

export const pgBoss = sqlBaseline({
  name: 'pg-boss',
  entry: 'pg-boss-send',
  count: (sql, run) => sql<{ rows: number; events: number }[]>`
    select count(*)::int as rows, count(distinct data->>'event_id')::int as events from pgboss.job
    where data->>'event_id' like ${eventsOfRun(run)}`,
});

export const graphileWorker = sqlBaseline({
  name: 'graphile-worker',
  entry: 'graphile-worker-add-job',
  count: (sql, run) => sql<{ rows: number; events: number }[]>`
    select count(*)::int as rows, count(distinct payload->>'event_id')::int as events
    from graphile_worker._private_jobs where payload->>'event_id' like ${eventsOfRun(run)}`,
});
