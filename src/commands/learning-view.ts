import type { OpenDatabase, Reader } from '../db/client.ts';
import { countUntrained, readTwinFacts, readVetoes } from '../db/learning-facts.ts';
import type { TwinStanding } from '../db/twins.ts';
import { describeLearning, type LearningStatus } from '../learning/state.ts';
import { describeWithheld } from '../learning/describe-withheld.ts';
import { resolvePolicy, type LearningDefaults } from '../learning/policy.ts';
import { OWNER_CONTEXTS } from '../db/vocabulary.ts';
import { summarizeManifest } from '../persona/manifest-summary.ts';
import { readManifest } from '../db/specs.ts';
import { describeFigures } from '../learning/probation.ts';
import { decideTwin } from './decide-twin.ts';
import { readProbation, showProbation, type StandingProbation } from './probation.ts';

const HOLD_REASONS = {
  auto_publish_off: 'auto_publish is off.',
  gate_inconclusive: 'the gate could not decide.',
  paused: 'the twin was paused while the run ended.',
  worded_by_model: 'a language model worded part of it, and only its owner publishes that.',
  probation_active: 'the live version was on probation; a run after it learns anew.',
} as const;

/** What a status is derived from: of one twin, or of one in a list. */
type Standing = Omit<TwinStanding, 'twin'>;

/** Where a twin stands, in a word and a sentence: the same for the API, the workflow's details and the search attribute. */
export function statusOf(facts: Standing, defaults: LearningDefaults, probation?: StandingProbation): LearningStatus {
  const { state, now, open } = facts;
  const policy = resolvePolicy({}, state, defaults);
  return describeLearning({
    now,
    paused_at: state.paused_at,
    open_step: open?.step ?? null,
    failures: state.failures,
    backoff_until: state.backoff_until,
    cooldown_until: state.cooldown_until,
    cooldown_minutes: policy.cooldown_minutes.value,
    pending_events: state.pending_events,
    required_events: policy.min_events.value,
    has_persona: state.active_version !== null,
    held: facts.held === null ? null : { version: facts.held.version, reasons: holdReasons(facts) },
    probation:
      state.probation_until === null || state.active_version === null
        ? null
        : {
            version: state.active_version,
            until: state.probation_until,
            figures: probation ? describeFigures(probation.verdict.figures) : null,
          },
    decision: decideTwin(state, now, defaults),
  });
}

/** Status of a twin inside somebody's transaction; undefined when it is gone. `weighed`: its probation, if read already. */
export async function readStatus(
  db: Reader,
  twinId: string,
  defaults: LearningDefaults,
  weighed?: StandingProbation,
): Promise<(LearningStatus & { last_decision: string | null }) | undefined> {
  const facts = await readTwinFacts(db, twinId);
  if (facts === undefined) return undefined;
  const probation = weighed ?? (await readProbation(db, facts));
  return { ...statusOf(facts, defaults, probation), last_decision: facts.state.last_decision };
}

function holdReasons({ held, last_run }: Standing): string[] {
  const report = held?.gate_report?.checks ?? [];
  const undecided = report.filter((check) => check.status === 'inconclusive').map((c) => `${c.name}: ${c.detail}`);
  const run = last_run?.candidate_version === held?.version ? last_run?.reason : null;
  const policy = run && Object.hasOwn(HOLD_REASONS, run) ? [HOLD_REASONS[run as keyof typeof HOLD_REASONS]] : [];
  return [...policy, ...undecided];
}

export type LearningView = NonNullable<Awaited<ReturnType<typeof readLearning>>>;

/** The body of `GET /twins/{id}/learning`; undefined when the twin is gone. Tenancy is the caller's to check. */
export async function readLearning({ db }: OpenDatabase, twinId: string, defaults: LearningDefaults) {
  return db.transaction(
    async (tx) => {
      const facts = await readTwinFacts(tx, twinId);
      if (facts === undefined) return undefined;
      const { state, now, open, held, last_run } = facts;
      const policy = resolvePolicy({}, state, defaults);
      const decision = decideTwin(state, now, defaults);
      const vetoes = await readVetoes(tx, twinId);
      const probation = await readProbation(tx, facts);
      return {
        twin_id: twinId,
        ...statusOf(facts, defaults, probation),
        pending_events: state.pending_events,
        required_events: policy.min_events.value,
        not_counted: await countUntrained(tx, twinId),
        cooldown_until: state.cooldown_until?.toISOString() ?? null,
        next_eligible_at:
          state.cooldown_until !== null && state.cooldown_until > now ? state.cooldown_until.toISOString() : null,
        job: open === null ? null : { id: open.id, status: open.status, step: open.step },
        last_run:
          last_run === null
            ? null
            : {
                id: last_run.id,
                job_id: last_run.job_id,
                status: last_run.status,
                publish_decision: last_run.publish_decision,
                reason: last_run.reason,
                candidate_version: last_run.candidate_version,
                suppressed: last_run.suppressed.map(describeWithheld),
                created_at: last_run.created_at.toISOString(),
                completed_at: last_run.completed_at?.toISOString() ?? null,
              },
        paused_at: state.paused_at?.toISOString() ?? null,
        active_version: state.active_version,
        candidate:
          held === null
            ? null
            : {
                version: held.version,
                verdict: held.gate_report?.verdict ?? null,
                reasons: holdReasons(facts),
                summary: summarizeManifest(await readManifest(tx, twinId, held.version)),
              },
        probation: await showProbation(tx, twinId, probation),
        vetoes: vetoes.map(({ id, path, op, to, cause, version, created_at }) => ({
          id,
          path,
          op,
          to,
          cause,
          version,
          created_at: created_at.toISOString(),
        })),
        policy: {
          ...policy,
          train_from: {
            value: state.train_from ?? [...OWNER_CONTEXTS],
            source: state.train_from === null ? ('environment' as const) : ('twin' as const),
          },
        },
        decision,
      };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
