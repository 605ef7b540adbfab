import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createTwin } from '../../src/commands/create-twin.ts';
import { eraseRater, previewErasure } from '../../src/commands/erase-rater.ts';
import { openDatabase } from '../../src/db/client.ts';
import { exportRater } from '../../src/db/export-rows.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fillLedger } from '../support/many-votes.ts';

const OURS = { id: 'small', tenant_id: 'ours' };
const THEIRS = Array.from({ length: 20 }, (_, n) => ({ id: `other-${n}`, tenant_id: 'theirs' }));
const RATER = 'rater-7';

describe('finding a rater', () => {
  let created: TestDatabase;
  before(async () => {
    created = await createTestDatabase();
    const database = openDatabase(created.url, { max: 1 });
    const { db } = database;
    await db.execute(sql`insert into tenants (id, name) values ('ours', ''), ('theirs', '')`);
    for (const twin of [OURS, ...THEIRS]) {
      await createTwin(database, twin, 'key:owner', { name: 'Mara' });
      await fillLedger(db, twin, twin === OURS ? 600 : 1_000, [{ id: 'm', hash: 'h' }]);
    }
    await db.execute(sql`update twin_state set pending_events = last_seq`);
    await db.execute(sql`analyze`);
    // With its end a connection reports what it has read: the counts below are of one other connection only.
    await database.close();
  });
  after(() => created.drop());

  it('reads the ledgers of its tenant by their index, beside many others', async () => {
    const database = openDatabase(created.url, { max: 1 });
    const { db } = database;
    const scans = async (): Promise<number> => {
      await db.execute(sql`select pg_stat_force_next_flush()`);
      const [row] = await db.execute<{ n: number }>(sql`
        select seq_scan::int as n from pg_stat_user_tables where relname = 'persona_training_events'`);
      return row?.n ?? Number.NaN;
    };
    const before = await scans();
    let votes = 0;
    await exportRater(db, { tenant_id: 'ours', rater_id: RATER, hash: 'h' }, async (name, rows) => {
      if (name === 'vote') votes += rows.length;
    });
    assert.equal(votes, 2);
    assert.equal(await scans(), before, 'an export scans no ledger');
    assert.equal((await previewErasure(database, 'ours', RATER)).erased.votes, 2);
    assert.equal(await scans(), before, 'a preview scans no ledger');
    const receipt = await eraseRater(database, { tenant_id: 'ours', rater_id: RATER, actor: 'key:owner' });
    assert.deepEqual([receipt.twins, receipt.retracted, receipt.remaining], [1, 2, 0]);
    assert.equal(await scans(), before, 'an erasure and its proof scan no ledger');
    await database.close();
  });
});
