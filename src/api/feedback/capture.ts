import { recordVotes, type VoteResult } from '../../commands/record-votes.ts';
import { isConnectionError } from '../../db/client.ts';
import type { LearningDecision } from '../../learning/decide.ts';
import { DEFAULT_LIMITS, type ApiDeps } from '../deps.ts';
import type { Metrics } from '../http/metrics.ts';
import { ApiProblem } from '../http/problems.ts';
import { noTwin } from '../http/twin-of.ts';
import { createGroupCommit } from './group-commit.ts';
import { resolveVotes, type Ballot } from './resolve-votes.ts';
import { createVotePokes, PROBATION_INTERVAL_MS } from './vote-pokes.ts';

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

/** Takes votes in: one by one, grouped behind the scenes, or as the batch that they came in. */
export function createCapture(deps: ApiDeps, metrics: Metrics) {
  const pokeAfterVote = createVotePokes(deps.control, deps.stopping);
  const pokeProbation = createVotePokes(deps.control, deps.stopping, PROBATION_INTERVAL_MS);

  const tell = (ballot: Ballot, twinId: string, result: VoteResult): Captured => {
    if (result.status === 'unknown_twin') return noTwin(twinId);
    if (result.status === 'event_id_reused') {
      return new ApiProblem('event-id-reused', `The event_id ${result.event_id} stands for another vote of this twin.`);
    }
    metrics.vote(result.duplicate ? 'duplicate' : result.counted ? 'stored' : 'not_counted');
    metrics.decision(result.learning);
    const twin = { id: twinId, tenant_id: ballot.caller.tenant_id };
    if (result.wake) pokeAfterVote(twin);
    if (result.watched) pokeProbation(twin);
    return resultOf(ballot, result);
  };

  const batch = async (
    ballots: readonly Ballot[],
    learn: 'now' | 'later' | 'unchanged' = 'now',
  ): Promise<Captured[]> => {
    const resolved = await resolveVotes(deps.db, ballots);
    const votes = resolved.flatMap((vote) => (vote instanceof ApiProblem ? [] : [vote]));
    const results = votes.length === 0 ? [] : await recordVotes(deps.db, votes, deps.defaults, learn);
    let taken = 0;
    return ballots.map((ballot, index): Captured => {
      const vote = resolved[index];
      if (vote === undefined || vote instanceof ApiProblem) return vote ?? noTwin('');
      const result = results[taken];
      taken += 1;
      return tell(ballot, vote.twin_id, result ?? { status: 'unknown_twin' });
    });
  };

  const single = createGroupCommit((ballots: readonly Ballot[]) => batch(ballots, 'unchanged'), {
    maxGroup: 250,
    maxRunning: 4,
    maxWaiting: deps.limits?.waitingVotes ?? DEFAULT_LIMITS.waitingVotes,
    ownerOf: (ballot) => ballot.caller.tenant_id,
    splits: (error) => !isConnectionError(error),
  });

  return {
    batch,
    async single(ballot: Ballot): Promise<FeedbackResult> {
      const answer = single(ballot);
      if (answer === undefined) throw new ApiProblem('rate-limited', 'Too many votes of your tenant wait already.');
      const captured = await answer;
      if (captured instanceof ApiProblem) throw captured;
      return captured;
    },
  };
}

export type Capture = ReturnType<typeof createCapture>;
