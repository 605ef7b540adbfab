import type { Client } from '@temporalio/client';
import { sql, type SQL } from 'drizzle-orm';
import type { OpenDatabase } from '../../../src/db/client.ts';
import type { LearningDefaults } from '../../../src/learning/policy.ts';

/** What the invariants look at. Without a client those of Temporal are left out. */
export interface Inspected {
  readonly database: OpenDatabase;
  readonly client?: Client;
  /** The environment's policy; default: the shipped one. */
  readonly defaults?: LearningDefaults;
}

export interface InvariantOptions {
  /** Votes that were answered with 202: each must be in the ledger. */
  readonly accepted?: readonly { readonly twin_id: string; readonly event_id: string }[];
  /** The loop had the time to come to rest: a twin that is due has no excuse. */
  readonly settled?: boolean;
  /** Feedback texts of this test, which must be in no history, log, metric or error; plain ASCII. */
  readonly canaries?: readonly string[];
  /** What the test caught of logs and metrics, by name; searched for the canaries. */
  readonly captured?: Readonly<Record<string, string>>;
  /** Twins whose workflows are looked at; default: all of the database, deleted ones too. */
  readonly twinIds?: readonly string[];
  /** Events a history may have; default 4,096. */
  readonly historyLimit?: number;
}

export type InvariantName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';

export interface Invariant {
  readonly name: InvariantName;
  readonly rule: string;
  /** A line for each thing that breaks it, with its ids. */
  readonly offenders: (system: Inspected, options: InvariantOptions) => Promise<string[]>;
}

/** The column `offender` of a query's rows. */
export async function offendersIn({ database }: Inspected, query: SQL): Promise<string[]> {
  const rows = await database.db.execute<{ offender: string }>(query);
  return rows.map((row) => row.offender);
}

/** An invariant that is one query; what follows `with alive` may join it: the twins that are not deleted. */
export function ofRows(
  name: InvariantName,
  rule: string,
  query: (options: InvariantOptions, system: Inspected) => SQL,
): Invariant {
  return { name, rule, offenders: (system, options) => offendersIn(system, query(options, system)) };
}

/** Twin states of twins that are not deleted, as `s`. */
export const aliveTwins = sql.raw('twin_state s join twins t on t.id = s.twin_id and t.deleted_at is null');

/** The definition of what trains, written a second time: row `e` of the ledger under twin state `s`. */
export const countsSql = (row: string): SQL =>
  sql.raw(`(${row}.score in (-1, 1) and coalesce(${row}.interaction_context = any(s.train_from),
    s.train_from is null and ${row}.interaction_context like 'owner\\_%'))`);
