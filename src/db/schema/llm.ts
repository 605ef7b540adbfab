import { index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.ts';
import { tenants } from './tenancy.ts';
import { twins } from './twins.ts';

/** What a language model answered about one twin. It may quote feedback, so it goes with the twin and with age. */
export const llmAnswers = pgTable(
  'llm_answers',
  {
    twin_id: text('twin_id')
      .notNull()
      .references(() => twins.id),
    tenant_id: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** Of the model's name and the whole question. */
    content_hash: text('content_hash').notNull(),
    answer: text('answer').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.twin_id, t.content_hash] }),
    index('llm_answers_by_age').on(t.tenant_id, t.created_at),
  ],
);
