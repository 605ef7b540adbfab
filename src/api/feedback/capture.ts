import { recordVotes } from '../../commands/record-votes.ts';
import type { NewVote, VoteResult } from '../../commands/vote.ts';
import { isConnectionError } from '../../db/errors.ts';
import type { LearningDecision } from '../../learning/decide.ts';
import { DEFAULT_LIMITS, type ApiDeps } from '../deps.ts';
import type { Metrics } from '../http/metrics.ts';
import { ApiProblem } from '../http/problems.ts';
import { noTwin } from '../http/twin-of.ts';
import { createGroupCommit, GroupCommitRefusal } from './group-commit.ts';
import { resolveVotes, type Ballot } from './resolve-votes.ts';
import { createVotePokes } from './vote-pokes.ts';

interface Resolved {
  readonly ballot: Ballot;
  readonly vote: NewVote;
}

type Stored = Extract<VoteResult, { status: 'stored' }>;

export interface FeedbackResult {
  readonly success: true;
  readonly message: string;
  readonly trace_id: string;
  readonly event_id: string;
  readonly duplicate: boolean;
  readonly counted: boolean;
  readonly not_counted_reason?: 'context_not_trained';
  readonly learning: LearningDecision;
}

export type Captured = FeedbackResult | ApiProblem;

function learningMessage(learning: LearningDecision): string {
  if (learning.enqueued) return 'Stored; the twin is due to learn.';
  switch (learning.reason) {
    case 'paused':
      return 'Stored; learning is paused.';
    case 'job_already_inflight':
      return 'Stored for the next run; one is under way.';
    case 'insufficient_events':
      return `Stored; ${learning.pending_events} of ${learning.required_events} votes for the next run.`;
    case 'cooldown_active':
      return `Stored; the next run can begin at ${learning.next_eligible_at}.`;
  }
}

function resultOf({ trace_id }: Ballot, stored: Stored): FeedbackResult {
  const { event_id, duplicate, counted, not_counted_reason, learning } = stored;
  const message = duplicate
    ? 'Known already; nothing changed.'
    : counted
      ? learningMessage(learning)
      : 'Stored, not counted: the twin does not train from the context that this answer was given in.';
  return {
    success: true,
    message,
    trace_id,
    event_id,
    duplicate,
    counted,
    ...(not_counted_reason === undefined ? {} : { not_counted_reason }),
    learning,
  };
}

/** Under way at once, those that wait for a twin's lock included. */
const MAX_GROUPS = 4;
/** A group of so many costs hardly more a vote than a larger one. */
const BESIDE_FROM = 16;
/** Many times what a group takes; a lock may be held for longer. */
const SLOW_GROUP_MS = 100;
/** Longer than any healthy database needs; with the longest transaction after it, shorter than callers wait. */
const MAX_WAIT_MS = 5_000;

/** Takes votes in: one by one, grouped behind the scenes, or as the batch that they came in. */
export function createCapture(deps: ApiDeps, metrics: Metrics) {
  const pokes = createVotePokes(deps.control, deps.stopping, metrics.poked);

  const tell = (ballot: Ballot, twinId: string, result: VoteResult): Captured => {
    if (result.status === 'unknown_twin') return noTwin(twinId);
    if (result.status === 'event_id_reused') {
      return new ApiProblem('event-id-reused', `The event_id ${result.event_id} stands for another vote of this twin.`);
    }
    metrics.vote(result.duplicate ? 'duplicate' : result.counted ? 'stored' : 'not_counted');
    metrics.decision(result.learning);
    const twin = { id: twinId, tenant_id: ballot.caller.tenant_id };
    if (result.wake) pokes.due(twin, result.watermark);
    else if (result.watched) pokes.watched(twin);
    return resultOf(ballot, result);
  };

  const store = async (items: readonly Resolved[], learn: 'now' | 'later' | 'unchanged'): Promise<Captured[]> => {
    const votes = items.map(({ vote }) => vote);
    const results = votes.length === 0 ? [] : await recordVotes(deps.db, votes, deps.defaults, learn);
    return items.map(({ ballot, vote }, index) =>
      tell(ballot, vote.twin_id, results[index] ?? { status: 'unknown_twin' }),
    );
  };

  const batch = async (
    ballots: readonly Ballot[],
    learn: 'now' | 'later' | 'unchanged' = 'now',
  ): Promise<Captured[]> => {
    const votes = await resolveVotes(deps.db, ballots);
    const known = ballots.flatMap((ballot, index): Resolved[] => {
      const vote = votes[index];
      return vote === undefined || vote instanceof ApiProblem ? [] : [{ ballot, vote }];
    });
    const stored = await store(known, learn);
    let taken = 0;
    return votes.map((vote) => (vote instanceof ApiProblem ? vote : (stored[taken++] ?? noTwin(vote.twin_id))));
  };

  const single = createGroupCommit((ballots: readonly Ballot[]) => batch(ballots, 'unchanged'), {
    maxRunning: MAX_GROUPS,
    besideFrom: BESIDE_FROM,
    slowAfterMs: SLOW_GROUP_MS,
    maxGroup: 250,
    maxWaiting: deps.limits?.waitingVotes ?? DEFAULT_LIMITS.waitingVotes,
    maxWaitMs: MAX_WAIT_MS,
    ownerOf: ({ caller }) => caller.tenant_id,
    keyOf: ({ vote, trace_id }) => vote.twin_id ?? trace_id,
    splits: (error) => !isConnectionError(error),
  });

  return {
    batch,
    async single(ballot: Ballot): Promise<FeedbackResult> {
      const captured = await metrics.underWay(single(ballot)).catch((error: unknown) => {
        throw error instanceof GroupCommitRefusal ? refusalOf(error) : error;
      });
      if (captured instanceof ApiProblem) throw captured;
      return captured;
    },
  };
}

function refusalOf({ reason }: GroupCommitRefusal): ApiProblem {
  return reason === 'queue_full'
    ? new ApiProblem('rate-limited', 'Too many votes of your tenant wait already.')
    : new ApiProblem('overloaded', `The vote waited over ${MAX_WAIT_MS / 1_000} s for its turn; it is not stored.`);
}

export type Capture = ReturnType<typeof createCapture>;
