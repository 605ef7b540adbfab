import { sql } from 'drizzle-orm';
import { eventually } from '../support/system.ts';
import { openBench, unique, type Bench } from '../commands/support.ts';

/** More than the rows of the vote itself, its key and its event id; far fewer than the twin has. */
const FEW = 100;
const MANY = 20_000;

describe('what a vote reads', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  /** Entries of the ledger's indexes and rows of its heap that were read so far. */
  async function read(): Promise<number> {
    // Each connection reports what it has read when it is asked to, at the end of its next transaction.
    for (let connection = 0; connection < 50; connection++) {
      await bench.database.db.execute(sql`select pg_stat_force_next_flush()`);
    }
    const [row] = await bench.database.db.execute<{ rows: number }>(sql`
      select (idx_tup_fetch + seq_tup_read)::int as rows from pg_stat_user_tables
      where relname = 'persona_training_events'`);
    return row?.rows ?? Number.NaN;
  }

  it('does not grow with the ledger, on connections that knew it small either', async () => {
    const twin = await bench.twin();
    for (let vote = 0; vote < 20; vote++) await bench.castOne(twin, { trace_id: unique('early') });
    await bench.database.db.execute(sql`
      insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id, vote_key,
        score, body_hash, interaction_context, intent_label, channel, modules, occurred_at)
      select twin_id, tenant_id, 1000 + n, 'bulk-' || n, source, event_type, 'bulk-' || n, 'bulk-' || n,
        score, body_hash, interaction_context, intent_label, channel, modules, occurred_at
      from persona_training_events, generate_series(1, ${MANY}) n where twin_id = ${twin.id} and seq = 1`);
    await bench.database.db.execute(sql`update twin_state set last_seq = ${1_000 + MANY} where twin_id = ${twin.id}`);
    // Plans are kept for a second; those that knew the ledger small are gone then.
    await eventually('plans for a large ledger', async () => {
      const before = await read();
      for (let vote = 0; vote < 20; vote++) await bench.castOne(twin, { trace_id: unique('late') });
      const cost = (await read()) - before;
      return cost <= 20 * FEW;
    });
  });
});
