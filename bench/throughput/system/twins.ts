import type { OpenDatabase } from '../../../src/db/client.ts';
import { createTwin } from '../../../src/commands/create-twin.ts';
import type { PolicyChange } from '../../../src/commands/policy.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';

export interface TwinsToMake {
  readonly tenant: string;
  /** Their ids are `<prefix>0`, `<prefix>1` and so on. */
  readonly prefix: string;
  readonly count: number;
  readonly policy?: PolicyChange;
  /** They have just learned: until the cooldown ends their votes are stored and wake nobody. */
  readonly coolingDown?: boolean;
}

/** Makes twins with the starter persona live: the first by the product's command, the others as copies of its rows. */
export async function makeTwins(database: OpenDatabase, twins: TwinsToMake): Promise<void> {
  const { tenant, prefix, count, policy, coolingDown = false } = twins;
  const first = `${prefix}0`;
  const made = await createTwin(database, { id: first, tenant_id: tenant }, 'key:bench', {
    name: 'Mara',
    ...(policy === undefined ? {} : { policy }),
    first: { spec: starterPersona },
  });
  if (made !== 'created') throw new Error(`the twin ${first} is there already`);
  if (coolingDown) {
    await database.sql`
      update twin_state set last_claimed_at = clock_timestamp(), cooldown_until = clock_timestamp() + interval '30 minutes'
      where twin_id = ${first}`;
  }
  await copyRows(database, 'twins', 'id', { first, prefix, count });
  await copyRows(database, 'twin_state', 'twin_id', { first, prefix, count });
  await copyRows(database, 'persona_specs', 'twin_id', { first, prefix, count });
}

interface Copies {
  readonly first: string;
  readonly prefix: string;
  readonly count: number;
}

/** Copies a twin's rows of a table for the twins 1 to `count - 1`; a uuid that is the row's own id is made anew. */
async function copyRows({ sql }: OpenDatabase, table: string, twinColumn: string, copies: Copies): Promise<void> {
  const columns = await sql<{ name: string; uuid: boolean }[]>`
    select column_name as name, column_name = 'id' and data_type = 'uuid' as uuid
    from information_schema.columns where table_schema = 'public' and table_name = ${table}`;
  const kept = columns.filter(({ name, uuid }) => name !== twinColumn && !uuid).map(({ name }) => `"${name}"`);
  await sql.unsafe(
    `insert into ${table} (${twinColumn}, ${kept.join(', ')})
     select $1 || n, ${kept.join(', ')} from ${table}, generate_series(1, $2::int) n where ${twinColumn} = $3`,
    [copies.prefix, copies.count - 1, copies.first],
  );
}
