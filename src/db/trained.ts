import { sql, type SQL } from 'drizzle-orm';
import { OWNER_CONTEXTS, type InteractionContext } from './vocabulary.ts';

const DEFAULT_CONTEXTS = `array[${OWNER_CONTEXTS.map((context) => `'${context}'`).join(', ')}]`;

/** Whether votes from a context train; `trainFrom` null is the owner's contexts. */
export function trains(context: InteractionContext, trainFrom: readonly InteractionContext[] | null): boolean {
  return (trainFrom ?? OWNER_CONTEXTS).some((trained) => trained === context);
}

/** The same rule in SQL: ledger row `row` is a vote, and twin_state `s` trains from its context. */
export function trainedSql(row: string): SQL {
  return sql.raw(
    `(${row}.score <> 0 and ${row}.interaction_context = any(coalesce(s.train_from, ${DEFAULT_CONTEXTS})))`,
  );
}
