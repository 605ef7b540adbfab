import { randomBytes } from 'node:crypto';
import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { writeAudit } from './audit.ts';
import type { Database, Transaction } from './client.ts';
import { hashKey, inForce, infoColumns, type KeyInfo } from './keys.ts';
import { isUuid } from './page.ts';
import { apiKeys, tenants } from './schema/tenancy.ts';
import type { KeyRole } from './vocabulary.ts';

/** A key with its secret: shown now, and never again. */
export interface NewKey {
  readonly key: string;
  readonly info: KeyInfo;
}

interface KeyRequest {
  readonly tenant_id: string;
  readonly role: KeyRole;
  readonly name: string;
  /** Not given: it does not end by itself. */
  readonly expires_in_days?: number | undefined;
}

/** Who does something to a key. */
interface ByWhom {
  /** `key:<id>`, or `command`. */
  readonly actor: string;
  /** Keys of this tenant only, and never the last owner's that does not end by itself; not given: of any. */
  readonly tenant_id?: string;
}

/** For how long a replaced key goes on where nothing else is said, and at most. */
export const OVERLAP_MINUTES = 24 * 60;
export const MAX_OVERLAP_MINUTES = 90 * 24 * 60;

const COMMAND: ByWhom = { actor: 'command' };
const DEMO_TENANT = 'demo';
/** Name of the one key of the demo tenant that the environment sets. */
const DEMO_KEY_NAME = 'TWINLOOP_API_KEY';

/** Makes a key, and its tenant where there is none. */
export async function createKey(db: Database, request: KeyRequest, { actor }: ByWhom = COMMAND): Promise<NewKey> {
  return db.transaction(async (tx) => {
    await ensureTenant(tx, request.tenant_id);
    return insertKey(tx, request, actor, 'key.create');
  });
}

/**
 * Makes a key in the place of another, which ends by itself `overlapMinutes` later, or sooner where it would have anyhow.
 * Undefined when there is none of that id in force.
 */
export async function rotateKey(
  db: Database,
  id: string,
  overlapMinutes: number,
  { actor, tenant_id }: ByWhom = COMMAND,
): Promise<(NewKey & { readonly replaced: KeyInfo }) | undefined> {
  return db.transaction(async (tx) => {
    const overlap = sql`clock_timestamp() + ${overlapMinutes} * interval '1 minute'`;
    const [replaced] = await tx
      .update(apiKeys)
      .set({ expires_at: sql`least(${apiKeys.expires_at}, ${overlap})` })
      .where(and(namedBy(id, tenant_id), inForce))
      .returning(infoColumns);
    if (replaced === undefined) return undefined;
    const { tenant_id: owner, role, name } = replaced;
    const made = await insertKey(tx, { tenant_id: owner, role, name }, actor, 'key.rotate', { replaces: id });
    return { ...made, replaced };
  });
}

/** Ends a key, for good; servers hear of it within seconds. */
export async function revokeKey(
  db: Database,
  id: string,
  { actor, tenant_id }: ByWhom = COMMAND,
): Promise<'revoked' | 'not_in_force' | 'last_owner'> {
  return db.transaction(async (tx) => {
    if (tenant_id !== undefined) {
      // Of two owners that end each other's keys at once, one comes second and finds the other gone.
      await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenant_id)).for('update');
      const ofTenant = and(eq(apiKeys.tenant_id, tenant_id), eq(apiKeys.role, 'owner'), inForce);
      const owners = await tx.select({ id: apiKeys.id, expires_at: apiKeys.expires_at }).from(apiKeys).where(ofTenant);
      const isOwner = owners.some((owner) => owner.id === id);
      if (isOwner && !owners.some((owner) => owner.id !== id && owner.expires_at === null)) return 'last_owner';
    }
    const [info] = await tx
      .update(apiKeys)
      .set({ revoked_at: sql`clock_timestamp()` })
      .where(and(namedBy(id, tenant_id), inForce))
      .returning(infoColumns);
    if (info === undefined) return 'not_in_force';
    await auditKey(tx, actor, 'key.revoke', info);
    return 'revoked';
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
        set: { revoked_at: null, expires_at: null },
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

const namedBy = (id: string, tenantId: string | undefined) =>
  and(
    isUuid(id) ? eq(apiKeys.id, id) : sql`false`,
    tenantId === undefined ? undefined : eq(apiKeys.tenant_id, tenantId),
  );

async function ensureTenant(tx: Transaction, id: string): Promise<void> {
  await tx.insert(tenants).values({ id, name: id }).onConflictDoNothing();
}

async function insertKey(
  tx: Transaction,
  { expires_in_days, ...request }: KeyRequest,
  actor: string,
  action: 'key.create' | 'key.rotate',
  detail: Record<string, unknown> = {},
): Promise<NewKey> {
  const key = `tl_${randomBytes(32).toString('base64url')}`;
  const expires_at = expires_in_days && sql`clock_timestamp() + ${expires_in_days} * interval '1 day'`;
  const [info] = await tx
    .insert(apiKeys)
    .values({ ...request, key_hash: hashKey(key), ...(expires_at ? { expires_at } : {}) })
    .returning(infoColumns);
  if (info === undefined) throw new Error('insert into api_keys gave no row');
  await auditKey(tx, actor, action, info, detail);
  return { key, info };
}

async function auditKey(
  tx: Transaction,
  actor: string,
  action: 'key.create' | 'key.rotate' | 'key.revoke',
  { id, tenant_id, role, name }: KeyInfo,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await writeAudit(tx, { tenant_id, twin_id: null, actor, action, detail: { key_id: id, role, name, ...detail } });
}
