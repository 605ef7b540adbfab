import type { OpenDatabase } from '../../db/client.ts';
import { migrateDatabase, pendingMigrations } from '../../db/migrate.ts';
import { ensureDatabase } from '../../dev/wait-for-postgres.ts';
import { explainDatabase, isNoDatabase, withoutPassword } from '../support/database.ts';
import { examine, fixed, isGood, missing, ok, skipped, twinloop, type Finding } from './finding.ts';

/** Connection and migrations. */
export async function examineDatabase({ sql }: OpenDatabase, url: string, fix: boolean): Promise<Finding[]> {
  const connection = await examine('postgres', './temporal-dev.sh', async () => {
    try {
      await sql`select 1`;
      return ok(withoutPassword(url));
    } catch (error) {
      if (!isNoDatabase(error)) {
        const detail = explainDatabase(error, url);
        if (detail === undefined) throw error;
        return missing(detail, './temporal-dev.sh');
      }
      if (!fix) return missing(`There is no such database: ${withoutPassword(url)}.`, twinloop('doctor --fix'));
      await ensureDatabase(url);
      return fixed(`made ${withoutPassword(url)}`);
    }
  });
  if (!isGood(connection)) return [connection, { check: 'migrations', ...skipped('needs Postgres') }];
  const migrations = await examine('migrations', twinloop('migrate'), async () => {
    const pending = await pendingMigrations(sql);
    if (pending === 0) return ok('none is pending');
    if (!fix) return missing(`${pending} pending`, twinloop('migrate'));
    const { applied } = await migrateDatabase(url);
    return fixed(`applied ${applied}`);
  });
  return [connection, migrations];
}
