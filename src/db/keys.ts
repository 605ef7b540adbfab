import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { Database, Reader, Transaction } from './client.ts';
import { apiKeys, tenants } from './schema/tenancy.ts';
import type { KeyRole } from './vocabulary.ts';

/** Whose request it is. */
export interface Caller {
  readonly key_id: string;
  readonly tenant_id: string;
  readonly role: KeyRole;
}

/** An API key without its secret, which nobody can read again. */
export interface KeyInfo {
  readonly id: string;
  readonly tenant_id: string;
  readonly role: KeyRole;
  readonly name: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

const DEMO_TENANT = 'demo';
/** Name of the one key of the demo tenant that the environment sets. */
const DEMO_KEY_NAME = 'TWINLOOP_API_KEY';

const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

const infoColumns = {
  id: apiKeys.id,
  tenant_id: apiKeys.tenant_id,
  role: apiKeys.role,
  name: apiKeys.name,
  created_at: apiKeys.created_at,
  revoked_at: apiKeys.revoked_at,
};

/** The caller that a key stands for; undefined when it is unknown or revoked. */
export async function findKey(db: Reader, key: string): Promise<Caller | undefined> {
  const [row] = await db
    .select({ key_id: apiKeys.id, tenant_id: apiKeys.tenant_id, role: apiKeys.role })
    .from(apiKeys)
    .where(and(eq(apiKeys.key_hash, hashKey(key)), isNull(apiKeys.revoked_at)));
  return row;
}

/** Makes a key, and its tenant where there is none. `key` is the secret: shown now, and never again. */
export async function createKey(
  db: Database,
  request: { readonly tenant_id: string; readonly role: KeyRole; readonly name: string },
): Promise<{ key: string; info: KeyInfo }> {
  const key = `tl_${randomBytes(32).toString('base64url')}`;
  return db.transaction(async (tx) => {
    await ensureTenant(tx, request.tenant_id);
    const [info] = await tx
      .insert(apiKeys)
      .values({ ...request, key_hash: hashKey(key) })
      .returning(infoColumns);
    if (info === undefined) throw new Error('insert into api_keys gave no row');
    await auditKey(tx, 'key.create', info);
    return { key, info };
  });
}

/** Whether there is a tenant of that id. */
export async function tenantExists(db: Reader, id: string): Promise<boolean> {
  const rows = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, id));
  return rows.length > 0;
}

/** Keys of a tenant, or of all, newest first. */
export async function listKeys(db: Reader, tenantId?: string): Promise<KeyInfo[]> {
  return db
    .select(infoColumns)
    .from(apiKeys)
    .where(tenantId === undefined ? undefined : eq(apiKeys.tenant_id, tenantId))
    .orderBy(desc(apiKeys.created_at), desc(apiKeys.id));
}

/** Ends a key, for good; servers hear of it within seconds. False when there is none of that id, or it is revoked already. */
export async function revokeKey(db: Database, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [info] = await tx
      .update(apiKeys)
      .set({ revoked_at: sql`clock_timestamp()` })
      .where(and(sql`${apiKeys.id}::text = ${id}`, isNull(apiKeys.revoked_at)))
      .returning(infoColumns);
    if (info === undefined) return false;
    await auditKey(tx, 'key.revoke', info);
    return true;
  });
}

/** Makes `apiKey` the owner key of tenant `demo`, and ends the one that the environment set before it. Safe to repeat. */
export async function ensureDemoTenant(db: Database, apiKey: string): Promise<void> {
  const key_hash = hashKey(apiKey);
  await db.transaction(async (tx) => {
    await ensureTenant(tx, DEMO_TENANT);
    await tx
      .insert(apiKeys)
      .values({ tenant_id: DEMO_TENANT, role: 'owner', name: DEMO_KEY_NAME, key_hash })
      .onConflictDoUpdate({
        target: apiKeys.key_hash,
        set: { revoked_at: null },
        setWhere: sql`${apiKeys.tenant_id} = ${DEMO_TENANT} and ${apiKeys.name} = ${DEMO_KEY_NAME}`,
      });
    const before = [
      eq(apiKeys.tenant_id, DEMO_TENANT),
      eq(apiKeys.name, DEMO_KEY_NAME),
      ne(apiKeys.key_hash, key_hash),
    ];
    await tx
      .update(apiKeys)
      .set({ revoked_at: sql`clock_timestamp()` })
      .where(and(...before, isNull(apiKeys.revoked_at)));
  });
}

async function ensureTenant(tx: Transaction, id: string): Promise<void> {
  await tx.insert(tenants).values({ id, name: id }).onConflictDoNothing();
}

async function auditKey(tx: Transaction, action: 'key.create' | 'key.revoke', info: KeyInfo): Promise<void> {
  const { id, tenant_id, role, name } = info;
  await writeAudit(tx, { tenant_id, twin_id: null, actor: 'command', action, detail: { key_id: id, role, name } });
}
