import assert from 'node:assert/strict';
import postgres from 'postgres';
import { openBench, TENANT } from '../commands/support.ts';
import { makeWorld } from '../db/healthy-world.ts';
import { readRepositoryFile, section } from '../docs/markdown.ts';
import { createEmptyDatabase } from '../support/database.ts';
import {
  applyLevels,
  readLevels,
  readRows,
  refusedToOlderCode,
  uniqueKeys,
  type Level,
  type Rows,
} from './schema-levels.ts';

/** Migrations that the release before them does not survive, as the documentation states them. */
const STATED = new Set(
  [...section(readRepositoryFile('docs/upgrades.md'), 'Contract migrations').matchAll(/^\| `(\d{4}_\w+)`/gm)].map(
    ([, tag]) => tag ?? '',
  ),
);

/** Rows of the tables that a world of votes and runs leaves empty. */
async function addRareRows(sql: postgres.Sql, twin_id: string): Promise<void> {
  const tenant_id = TENANT;
  await sql`insert into learning_snapshots ${sql({ tenant_id, as_of: new Date(), seqs: '{}', versions: '{}' })}`;
  const veto = {
    twin_id,
    path: '/voice/tone',
    op: 'set',
    cause: 'rejected',
    version: '1.0.1',
    created_by: 'key:owner',
  };
  await sql`insert into vetoes ${sql({ ...veto, effective_votes: 3.5, events: 5 })}`;
  await sql`insert into llm_answers ${sql({ twin_id, tenant_id, content_hash: 'hash', answer: 'yes' })}`;
  const trace = { twin_id, tenant_id, trace_id: 't', spec_version: '1.0.0', content_hash: 'hash', modules: '[]' };
  const asked = { intent_label: 'factual_with_evidence', channel: 'owner', interaction_context: 'owner_chat' };
  await sql`insert into prompt_traces ${sql({ ...trace, ...asked })}`;
  await sql`insert into regression_cases ${sql({ twin_id, id: 'case', body: '{}', created_by: 'key:owner' })}`;
  await sql`insert into api_keys ${sql({ tenant_id, role: 'owner', name: 'key', key_hash: 'hash' })}`;
}

/** A migrated release runs beside the one before it: during a rolling deploy, and after a rollback of the code. */
describe('each migration', () => {
  const levels = readLevels();
  let today: Rows;

  before(async () => {
    const bench = await openBench();
    const sql = postgres(bench.url, { max: 1 });
    try {
      const world = await makeWorld(bench);
      await addRareRows(sql, world.busy);
      today = await readRows(sql, levels.at(-1)!);
    } finally {
      await sql.end();
      await bench.close();
    }
    const empty = [...today].flatMap(([name, rows]) => (rows.length === 0 ? [name] : []));
    assert.deepEqual(empty, [], 'a table without rows would prove nothing');
  });

  /** What the release before a migration cannot do any more once it is applied. */
  async function broken(before: Level, upTo: readonly Level[]): Promise<string[]> {
    const own = await createEmptyDatabase();
    const sql = postgres(own.url, { max: 1, onnotice: () => {} });
    try {
      await applyLevels(sql, upTo.slice(0, -1));
      const keys = await uniqueKeys(sql);
      await applyLevels(sql, upTo.slice(-1));
      const left = await uniqueKeys(sql);
      const lost = [...keys].filter((key) => !left.has(key)).map((key) => `on conflict ${key}: no such key any more`);
      return [...lost, ...(await refusedToOlderCode(sql, before, today))];
    } finally {
      await sql.end();
      await own.drop();
    }
  }

  for (const [index, level] of levels.entries()) {
    const before = levels[index - 1];
    if (before === undefined) continue;
    if (STATED.has(level.tag)) {
      it(`${level.tag} breaks the release before it, as is stated`, async () => {
        assert.notDeepEqual(await broken(before, levels.slice(0, index + 1)), []);
      });
    } else {
      it(`${level.tag} leaves the release before it working`, async () => {
        assert.deepEqual(await broken(before, levels.slice(0, index + 1)), []);
      });
    }
  }

  for (const [what, statement, message] of [
    ['renames a column', 'alter table jobs rename column metadata to details', /column "metadata".* does not exist/],
    ['drops a column', 'alter table twins drop column name', /column "name".* does not exist/],
    ['demands a new column', 'alter table twin_state add column room text not null', /null value in column "room"/],
    ['narrows a value', 'alter table twins add constraint short check (length(id) < 2)', /violates check constraint/],
    ['drops a key', 'drop index persona_training_events_event', /on conflict/],
  ] as const) {
    it(`would be caught that ${what}`, async () => {
      const bad: Level = { ...levels.at(-1)!, tag: 'bad', statements: [statement] };
      const found = await broken(levels.at(-1)!, [...levels, bad]);
      assert.match(found.join('\n'), message);
    });
  }

  it('that is stated to be a contract exists', () => {
    const tags = new Set(levels.map(({ tag }) => tag));
    assert.deepEqual(
      [...STATED].filter((tag) => !tags.has(tag)),
      [],
    );
  });
});
