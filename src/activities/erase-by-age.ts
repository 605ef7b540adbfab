import { Context } from '@temporalio/activity';
import { ageTwin } from '../commands/age-twin.ts';
import {
  deleteOldAnswers,
  eraseOldQueries,
  findTwinsWithOldTexts,
  findTwinsWithOldVotes,
  type AgedTwin,
  type Retention,
} from '../db/ages.ts';
import type { OpenDatabase } from '../db/client.ts';
import { HORIZON_DAYS } from '../learning/canonical.ts';
import type { ActivityDeps } from './deps.ts';

/** Rows and twins of one sweep: the first sweep of an old database leaves the rest to the next ones. */
const MOST = 50_000;
/** Twins that are listed at once. */
const PAGE = 100;

/** What one sweep erased and deleted because of its age, in rows. */
export interface ErasedByAge {
  readonly texts: number;
  readonly votes: number;
  readonly queries: number;
  readonly answers: number;
  /** More is of age, for the next sweep. */
  readonly more: boolean;
}

interface Work {
  readonly database: OpenDatabase;
  readonly retention: Retention;
  readonly progress: () => void;
  /** What may still be done. */
  left: number;
}

type List = (limit: number, after: AgedTwin | undefined) => Promise<AgedTwin[]>;

/**
 * Erases texts and deletes votes that are of age, of all tenants, twin by twin and in batches; what they cost follows
 * the rows that are due. `most`: rows and twins at most. Safe to repeat, to break off, and to race.
 */
export async function eraseOld(
  { database, textRetentionDays }: Pick<ActivityDeps, 'database' | 'textRetentionDays'>,
  progress: () => void,
  most = MOST,
): Promise<ErasedByAge> {
  const retention: Retention = { textDays: textRetentionDays, voteDays: HORIZON_DAYS + 1 };
  const work: Work = { database, retention, progress, left: most };
  const { db } = database;
  const answers = await inBatches(work, () => deleteOldAnswers(db, retention));
  const queries = await inBatches(work, () => eraseOldQueries(db, retention));
  const first = await ageTwins(work, (limit, after) => findTwinsWithOldTexts(db, retention, limit, after));
  const second = await ageTwins(work, (limit, after) => findTwinsWithOldVotes(db, retention, limit, after));
  const [texts, votes] = [first.texts + second.texts, first.votes + second.votes];
  return { texts, votes, queries, answers, more: work.left <= 0 };
}

async function inBatches(work: Work, batch: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (let rows = -1; rows !== 0 && work.left > 0; sum += rows) {
    rows = await batch();
    work.left -= rows;
    work.progress();
  }
  return sum;
}

/** The twins of a list, each until nothing of it is of age; one that keeps something is passed by. */
async function ageTwins(work: Work, list: List): Promise<{ texts: number; votes: number }> {
  const sum = { texts: 0, votes: 0 };
  let page: AgedTwin[] = [];
  do {
    page = await list(PAGE, page.at(-1));
    for (const { twin_id } of page) {
      for (let more = true; more && work.left > 0;) {
        const aged = await ageTwin(work.database, twin_id, work.retention);
        sum.texts += aged.texts;
        sum.votes += aged.votes;
        work.left -= 1 + aged.texts + aged.votes;
        more = aged.more;
        work.progress();
      }
    }
  } while (page.length === PAGE && work.left > 0);
  return sum;
}

/** Part of each sweep over all tenants. */
export function eraseByAge(deps: ActivityDeps): Promise<ErasedByAge> {
  const context = Context.current();
  return eraseOld(deps, () => context.heartbeat());
}
