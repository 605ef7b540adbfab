import { createHash, timingSafeEqual } from 'node:crypto';
import { and, desc, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Database, Reader } from './client.ts';
import { byTime, isUuid, toPage, type Page, type PageRequest } from './page.ts';
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
  /** When it ends by itself; null: never. */
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  /** To the minute; null: never. */
  readonly last_used_at: Date | null;
}

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

export const infoColumns = {
  id: apiKeys.id,
  tenant_id: apiKeys.tenant_id,
  role: apiKeys.role,
  name: apiKeys.name,
  created_at: apiKeys.created_at,
  expires_at: apiKeys.expires_at,
  revoked_at: apiKeys.revoked_at,
  last_used_at: apiKeys.last_used_at,
};

const callerColumns = { key_id: apiKeys.id, tenant_id: apiKeys.tenant_id, role: apiKeys.role };

/** The one rule of which keys open anything. */
export const inForce: SQL = sql`(${apiKeys.revoked_at} is null
  and (${apiKeys.expires_at} is null or ${apiKeys.expires_at} > clock_timestamp()))`;

/**
 * The caller that a key stands for; undefined when it is unknown, revoked or expired. An index finds it by its hash, whose
 * bytes nobody can choose; the comparison after that takes as long whatever the stored hash is, should a lookup ever
 * match less than all of it.
 */
export async function findKey(db: Reader, key: string): Promise<Caller | undefined> {
  const hash = hashKey(key);
  const [row] = await db
    .select({ ...callerColumns, hash: apiKeys.key_hash })
    .from(apiKeys)
    .where(and(eq(apiKeys.key_hash, hash), inForce));
  if (row === undefined || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hash))) return undefined;
  const { key_id, tenant_id, role } = row;
  return { key_id, tenant_id, role };
}

/** The caller that the key of this id stands for; undefined when there is none in force. */
export async function findKeyInForce(db: Reader, keyId: string): Promise<Caller | undefined> {
  const [row] = await db
    .select(callerColumns)
    .from(apiKeys)
    .where(and(eq(apiKeys.id, keyId), inForce));
  return row;
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

/** A page of a tenant's keys, ended ones too. */
export async function pageKeys(db: Reader, tenantId: string, request: PageRequest): Promise<Page<KeyInfo>> {
  const keyset = byTime(request, apiKeys.created_at, apiKeys.id);
  const rows = await db
    .select({ key: keyset.key, info: infoColumns })
    .from(apiKeys)
    .where(and(eq(apiKeys.tenant_id, tenantId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(keyset.limit);
  return toPage(request, rows, ({ info }) => info);
}

/** Writes down that these keys were used, by now. */
export async function markKeysUsed(db: Database, ids: readonly string[]): Promise<void> {
  const known = ids.filter(isUuid);
  if (known.length === 0) return;
  await db
    .update(apiKeys)
    .set({ last_used_at: sql`clock_timestamp()` })
    .where(inArray(apiKeys.id, known));
}
