import { and, eq, isNull } from 'drizzle-orm';
import type { Reader } from './client.ts';
import type { Caller } from './keys.ts';
import { apiKeys } from './schema/tenancy.ts';

/** The caller that the key of this id stands for; undefined when there is none, or it is revoked. */
export async function findKeyInForce(db: Reader, keyId: string): Promise<Caller | undefined> {
  const [row] = await db
    .select({ key_id: apiKeys.id, tenant_id: apiKeys.tenant_id, role: apiKeys.role })
    .from(apiKeys)
    .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revoked_at)));
  return row;
}
