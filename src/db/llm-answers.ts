import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Database } from './client.ts';
import { llmAnswers } from './schema/llm.ts';
import { lockOwnTwin } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

/** As long as the texts of feedback, which an answer may quote. */
const oldest = sql`clock_timestamp() - interval '180 days'`;

/** Keeps what a language model answered about one twin, for 180 days. Of two answers to one question the first stays. */
export function llmAnswerStore(db: Database, twin: TwinRef) {
  return {
    async read(key: string): Promise<string | undefined> {
      const own = and(eq(llmAnswers.twin_id, twin.id), eq(llmAnswers.tenant_id, twin.tenant_id));
      const [row] = await db
        .select({ answer: llmAnswers.answer })
        .from(llmAnswers)
        .where(and(own, eq(llmAnswers.content_hash, key), gt(llmAnswers.created_at, oldest)));
      return row?.answer;
    },

    /** Under the twin's lock: nothing is kept of a twin that is deleted. */
    async write(key: string, answer: string): Promise<void> {
      await db.transaction(async (tx) => {
        if ((await lockOwnTwin(tx, twin)) === undefined) return;
        await tx
          .insert(llmAnswers)
          .values({ twin_id: twin.id, tenant_id: twin.tenant_id, content_hash: key, answer })
          .onConflictDoUpdate({
            target: [llmAnswers.twin_id, llmAnswers.content_hash],
            set: { answer, created_at: sql`clock_timestamp()` },
            setWhere: lte(llmAnswers.created_at, oldest),
          });
      });
    },
  };
}

/** Deletes the answers of all tenants that are too old to be read. */
export async function deleteOldAnswers(db: Database): Promise<void> {
  await db.delete(llmAnswers).where(lte(llmAnswers.created_at, oldest));
}
