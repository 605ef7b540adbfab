import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { StepResult } from '../activities/job-step.ts';
import type { PlanView } from '../commands/plan.ts';
import { claimRequestedRun, failJob, finish, gate, learn, plan, publish, purge } from './activities.ts';
import { checkRunRequest, twinIdOf } from './checks.ts';
import {
  SEARCH_ATTRIBUTES,
  feedbackCaptured,
  learningState,
  requestRun,
  stateChanged,
  type RunAnswer,
  type RunRequest,
  type TwinPhase,
  type TwinQueryResult,
  type TwinWorkflowInput,
} from './contract.ts';
import { beginPlan, hasNews, newLoopState, sourceOf } from './loop-state.ts';

/** Well under the server's limit of 51,200 events, and few enough to replay in a moment. */
const HISTORY_LIMIT = 2_000;
/** After a step that cannot succeed: time to deploy the mend, without a busy loop in the history. */
const AFTER_BUG = '1m';

/** Patch: older executions plan beside a request that waits for its answer. */
const REQUESTS_FIRST = 'requests-first';

const STEPS = { learn, gate, publish, finish } as const;
const PHASES = { learn: 'learning', gate: 'gating', publish: 'publishing', finish: 'finishing' } as const;
const STATES = { learn: 'learning', gate: 'gating', publish: 'publishing', finish: 'publishing' } as const;

/** The learning loop of one twin: plan, learn, gate, publish, finish, wait; from its first vote until it is deleted. */
export async function twinWorkflow(input: TwinWorkflowInput): Promise<void> {
  const twinId = twinIdOf(input);
  const state = newLoopState();
  let phase: TwinPhase = 'planning';
  let until: string | null = null;
  let shown = { state: '', decision: '' };

  setHandler(feedbackCaptured, (poke) => {
    state.votes += 1;
    state.source ??= sourceOf(poke);
  });
  setHandler(stateChanged, (poke) => {
    state.changes += 1;
    state.source ??= sourceOf(poke);
  });
  setHandler(requestRun, answerRequest, { validator: checkRunRequest });
  setHandler(learningState, (): TwinQueryResult => ({ phase, until }));
  setDefaultSignalHandler((signal) => log.warn('Unknown signal ignored', { signal }));

  for (;;) {
    if (historyIsLong()) {
      await condition(allHandlersFinished);
      // Nothing is carried over: the next execution plans first, and the row says the rest.
      await continueAsNew<typeof twinWorkflow>({ twinId });
    }

    // 1 Plan: adopt the open job, claim a due one, or say how long to wait.
    phase = 'planning';
    const requestsFirst = patched(REQUESTS_FIRST);
    const { asked } = state;
    // A plan beside a request would claim the very run that is asked for, and the answer would be "already in flight".
    if (requestsFirst && state.answered < asked) await condition(() => state.answered >= asked);
    const source = beginPlan(state);
    const next = await survive('plan', () => plan({ twinId, source }));
    if (next === null) continue;
    if (next.kind === 'gone') {
      phase = 'purging';
      if (!next.purged && !(await survive('purge', async () => done(purge({ twinId }))))) continue;
      await condition(allHandlersFinished);
      return;
    }
    show(next.view);

    // 2 Learn, 3 gate, 4 publish or hold, 5 finish the job.
    if (next.kind === 'run') {
      await runJob(next.jobId, next.step);
      continue;
    }

    // 6 Wait for a poke, a change or the cooldown's end; a timer never means "due", so plan again.
    phase = 'waiting';
    const duringTimer = next.kind === 'waitUntil';
    const deaf = duringTimer && next.votesWake !== true;
    const awake = () => hasNews(state, deaf) || historyIsLong();
    if (duringTimer) {
      until = next.until;
      await condition(awake, next.waitMs, { summary: `6 Wait until ${next.until}` });
      until = null;
    } else {
      await condition(awake);
    }
  }

  async function answerRequest(request: RunRequest): Promise<RunAnswer> {
    state.asked += 1;
    try {
      const answer = await claimRequestedRun({ twinId, request });
      state.changes += 1;
      return answer;
    } finally {
      state.answered += 1;
    }
  }

  /** What the step gives, or null after a failure for good and a pause: nothing but a cancellation ends the loop. */
  async function survive<T>(step: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.error('A step failed for good; trying again after a pause', { twinId, step, type: failureType(error) });
      await sleep(AFTER_BUG, { summary: `The step "${step}" failed: deploy a mend` });
      return null;
    }
  }

  async function runJob(jobId: string, first: StepResult['next']): Promise<void> {
    let step = first;
    while (step !== 'done') {
      phase = PHASES[step];
      showState(STATES[step]);
      try {
        step = (await STEPS[step]({ twinId, jobId })).next;
      } catch (error) {
        if (isCancellation(error)) throw error;
        const type = failureType(error);
        // A newer attempt owns the job; plan adopts it again where it stands.
        if (type === 'Fenced') return;
        const failed = { twinId, jobId, step, failureType: type };
        await survive('fail job', async () => CancellationScope.nonCancellable(async () => done(failJob(failed))));
        return;
      }
    }
  }

  function show(view: PlanView): void {
    setCurrentDetails(view.message);
    showState(view.state, view.last_decision ?? undefined);
  }

  /** Each change is an event of the history: only what differs is written. */
  function showState(learning: string, decision = shown.decision): void {
    if (learning === shown.state && decision === shown.decision) return;
    shown = { state: learning, decision };
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.learningState, value: learning },
      ...(decision === '' ? [] : [{ key: SEARCH_ATTRIBUTES.lastDecision, value: decision }]),
    ]);
  }
}

/** An activity without a result, told from a failure that was survived. */
async function done(activity: Promise<void>): Promise<true> {
  await activity;
  return true;
}

function historyIsLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > HISTORY_LIMIT;
}

/** The type of what made an activity fail, never its text. */
function failureType(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.type ?? 'ApplicationFailure';
  return cause instanceof Error ? cause.name : 'unknown';
}
