import { Option, type Command } from 'commander';
import { readTextRetention, setTextRetention } from '../db/retention.ts';
import { tenantId, wholeNumber } from './support/arguments.ts';
import { withDatabase } from './support/database.ts';
import { CliFailure } from './support/failure.ts';
import { printJson, type VerbContext } from './support/io.ts';

interface RetentionOptions {
  readonly tenant: string;
  readonly textDays?: number;
  readonly inherit?: true;
}

async function retention(io: VerbContext, { tenant, textDays, inherit }: RetentionOptions): Promise<void> {
  const { databaseUrl, textRetentionDays } = io.config();
  const days = await withDatabase(databaseUrl, async ({ db }) => {
    const change = inherit === true ? null : textDays;
    if (change !== undefined) await setTextRetention(db, tenant, change);
    return readTextRetention(db, tenant);
  });
  if (days === undefined) throw new CliFailure(`There is no tenant ${tenant}.`);
  printJson(io, {
    tenant_id: tenant,
    text_days: days ?? textRetentionDays,
    source: days === null ? 'environment' : 'tenant',
  });
}

export function addRetention(program: Command, io: VerbContext): void {
  program
    .command('retention')
    .description('Show or set for how long a tenant keeps the texts of its feedback, straight in the database')
    .requiredOption('--tenant <id>', 'whose texts', tenantId)
    .option('--text-days <n>', 'days until comments, questions and answers are erased', wholeNumber(1, 365))
    .addOption(new Option('--inherit', "go by the workers' FEEDBACK_TEXT_RETENTION_DAYS again").conflicts('textDays'))
    .action((options: RetentionOptions) => retention(io, options));
}
