import { and, eq } from 'drizzle-orm';
import type { Database } from './client.ts';
import { llmAnswers } from './schema/llm.ts';
import { lockOwnTwin } from './twin-lock.ts';
import type { TwinRef } from './twin-ref.ts';

/** An erasure so shortly before counts as one since: texts are read before the model is asked, and clocks differ. */
const BEFORE_MS = 5 * 60_000;

/** Keeps what a language model answered about one twin, until its age ends it. Of two answers to one question the first stays. */
export function llmAnswerStore(db: Database, twin: TwinRef) {
  const begun = Date.now();
  return {
    async read(key: string): Promise<string | undefined> {
      const own = and(eq(llmAnswers.twin_id, twin.id), eq(llmAnswers.tenant_id, twin.tenant_id));
      const [row] = await db
        .select({ answer: llmAnswers.answer })
        .from(llmAnswers)
        .where(and(own, eq(llmAnswers.content_hash, key)));
      return row?.answer;
    },

    /** Under the twin's lock: nothing is kept of a twin that is deleted, or of texts that were erased since. */
    async write(key: string, answer: string): Promise<void> {
      await db.transaction(async (tx) => {
        const locked = await lockOwnTwin(tx, twin);
        if (locked === undefined || (locked.state.rater_erased_at?.getTime() ?? 0) > begun - BEFORE_MS) return;
        await tx
          .insert(llmAnswers)
          .values({ twin_id: twin.id, tenant_id: twin.tenant_id, content_hash: key, answer })
          .onConflictDoNothing();
      });
    },
  };
}
