import { sql, type SQL } from 'drizzle-orm';
import { trainingEvents } from './schema/ledger.ts';

/** How many of a twin's newest answers are read, and how long all of them may be together. */
export interface AnswerLimits {
  readonly answers: number;
  readonly bytes: number;
}

/** The same for learning rules and for the gate's replay: memory and time do not grow with the ledger. */
export const ANSWER_LIMITS: AnswerLimits = { answers: 5_000, bytes: 10_000_000 };

/** Bytes of the answers of a query's rows from the newest one down to this. */
export const bytesFromNewest: SQL = sql`sum(coalesce(octet_length(${trainingEvents.answer}), 0)) over (order by ${trainingEvents.seq} desc)`;
