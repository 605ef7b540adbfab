import { Option, type Command } from 'commander';
import { createKey, OVERLAP_MINUTES, revokeKey, rotateKey, type NewKey } from '../db/key-writes.ts';
import { listKeys, tenantExists } from '../db/keys.ts';
import { KEY_ROLES, type KeyRole } from '../db/vocabulary.ts';
import { matching, minutes, tenantId, wholeNumber } from './support/arguments.ts';
import { withDatabase } from './support/database.ts';
import { CliFailure } from './support/failure.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

interface CreateOptions {
  readonly tenant: string;
  readonly role: KeyRole;
  readonly name: string;
  readonly createTenant?: true;
  readonly expiresInDays?: number;
}

async function create(io: VerbContext, options: CreateOptions): Promise<void> {
  const { tenant, role, name, createTenant, expiresInDays: expires_in_days } = options;
  const made = await withDatabase(io.config().databaseUrl, async ({ db }) => {
    // A mistyped tenant would otherwise be a new one, whose key sees nothing.
    if (createTenant === undefined && !(await tenantExists(db, tenant))) {
      throw new CliFailure(`There is no tenant ${tenant}; --create-tenant makes it.`);
    }
    return createKey(db, { tenant_id: tenant, role, name, expires_in_days });
  });
  show(io, made);
}

async function rotate(io: VerbContext, id: string, overlap: number): Promise<void> {
  const made = await withDatabase(io.config().databaseUrl, ({ db }) => rotateKey(db, id, overlap));
  if (made === undefined) throw new CliFailure(noKey(id));
  show(io, made, { replaced: { id, expires_at: made.replaced.expires_at } });
}

function show(io: VerbContext, { key, info }: NewKey, more: object = {}): void {
  say(io, 'The key is shown now and never again.');
  printJson(io, { key, ...info, ...more });
}

const noKey = (id: string): string => `There is no key ${id} in force: see twinloop keys list.`;
const keyName = matching(/^.{1,200}$/u, '1 to 200 characters');

export function addKeys(program: Command, io: VerbContext): void {
  const keys = program.command('keys').description('API keys, straight from the database');
  keys
    .command('create')
    .description('Make a key; its secret is printed once')
    .requiredOption('--tenant <id>', 'whose key it is', tenantId)
    .addOption(
      new Option('--role <role>', 'owner: everything; ingest: feedback and prompts; viewer: reading')
        .choices(KEY_ROLES)
        .makeOptionMandatory(),
    )
    .option('--name <text>', 'what it is for, in lists and audit rows', keyName, 'made by twinloop keys')
    .option('--expires-in-days <n>', 'when it ends by itself; without it, never', wholeNumber(1, 3_650))
    .option('--create-tenant', 'make the tenant when there is none of that id')
    .action((options: CreateOptions) => create(io, options));
  keys
    .command('list')
    .description('List keys without their secrets, newest first, with their last use')
    .option('--tenant <id>', 'of this tenant only', tenantId)
    .action(async ({ tenant }: { readonly tenant?: string }) => {
      printJson(io, { items: await withDatabase(io.config().databaseUrl, ({ db }) => listKeys(db, tenant)) });
    });
  keys
    .command('rotate')
    .description(
      'Make a key in the place of another, which ends by itself after an overlap; the secret is printed once',
    )
    .argument('<id>', 'the id that `keys list` shows')
    .option('--overlap <time>', 'how long both are taken, such as 90m, 24h or 7d', minutes, OVERLAP_MINUTES)
    .action((id: string, { overlap }: { readonly overlap: number }) => rotate(io, id, overlap));
  keys
    .command('revoke')
    .description('End a key: servers refuse it two seconds later at the latest')
    .argument('<id>', 'the id that `keys list` shows')
    .action(async (id: string) => {
      const end = await withDatabase(io.config().databaseUrl, ({ db }) => revokeKey(db, id));
      if (end !== 'revoked') throw new CliFailure(noKey(id));
      printJson(io, { id, revoked: true });
    });
}
