import { Option, type Command } from 'commander';
import { createKey, listKeys, revokeKey, tenantExists } from '../db/keys.ts';
import { KEY_ROLES, type KeyRole } from '../db/vocabulary.ts';
import { matching, tenantId } from './support/arguments.ts';
import { withDatabase } from './support/database.ts';
import { CliFailure } from './support/failure.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

interface CreateOptions {
  readonly tenant: string;
  readonly role: KeyRole;
  readonly name: string;
  readonly createTenant?: true;
}

async function create(io: VerbContext, { tenant, role, name, createTenant }: CreateOptions): Promise<void> {
  const { key, info } = await withDatabase(io.config().databaseUrl, async ({ db }) => {
    // A mistyped tenant would otherwise be a new one, whose key sees nothing.
    if (createTenant === undefined && !(await tenantExists(db, tenant))) {
      throw new CliFailure(`There is no tenant ${tenant}; --create-tenant makes it.`);
    }
    return createKey(db, { tenant_id: tenant, role, name });
  });
  say(io, 'The key is shown now and never again.');
  printJson(io, { key, ...info });
}

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
    .option('--create-tenant', 'make the tenant when there is none of that id')
    .action((options: CreateOptions) => create(io, options));
  keys
    .command('list')
    .description('List keys without their secrets, newest first')
    .option('--tenant <id>', 'of this tenant only', tenantId)
    .action(async ({ tenant }: { readonly tenant?: string }) => {
      printJson(io, { items: await withDatabase(io.config().databaseUrl, ({ db }) => listKeys(db, tenant)) });
    });
  keys
    .command('revoke')
    .description('End a key: servers refuse it two seconds later at the latest')
    .argument('<id>', 'the id that `keys list` shows')
    .action(async (id: string) => {
      const revoked = await withDatabase(io.config().databaseUrl, ({ db }) => revokeKey(db, id));
      if (!revoked) throw new CliFailure(`There is no key ${id} in force: see twinloop keys list.`);
      printJson(io, { id, revoked });
    });
}
