import type { Command } from 'commander';
import { migrateDatabase } from '../db/migrate.ts';
import { explained, withoutPassword } from './support/database.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

export function addMigrate(program: Command, io: VerbContext): void {
  program
    .command('migrate')
    .description('Apply the migrations that the database lacks; safe to repeat')
    .action(async () => {
      const { databaseUrl } = io.config();
      say(io, `migrating ${withoutPassword(databaseUrl)}`);
      printJson(io, await explained(databaseUrl, () => migrateDatabase(databaseUrl)));
    });
}
