import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase } from '../db/client.ts';
import { activateSpec, readActiveSpec, readSpecRow, updateSpec, type SpecRow } from '../db/spec-writes.ts';
import { lockOwnTwin, updateTwinState } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import type { CheckName, GateReport } from '../gate/types.ts';
import { PROBATION_DAYS } from '../learning/probation.ts';
import { promptChanges } from '../persona/prompt-changes.ts';
import { currentReport, judgeHere, unacknowledged, type JudgeSpec } from './gate-spec.ts';

export interface OwnerConsent {
  /** Names of checks that the owner publishes in spite of. */
  readonly acknowledge?: readonly string[] | undefined;
  readonly reason?: string | undefined;
}

export type PublishResult =
  | { readonly status: 'published'; readonly spec: SpecRow }
  | { readonly status: 'not_found' }
  /** What the version is, and what to do instead, in a sentence. */
  | { readonly status: 'not_publishable'; readonly detail: string }
  | { readonly status: 'gate_failed'; readonly report: GateReport; readonly missing: readonly CheckName[] }
  /** The live spec is another one than the candidate was made for, or than the report compared with. */
  | { readonly status: 'parent_changed'; readonly active_version: string | null };

/** Publishes an owner's draft: what the gate fails must be acknowledged by name. */
export async function publishSpec(
  database: OpenDatabase,
  ref: TwinRef,
  version: string,
  actor: string,
  consent: OwnerConsent,
  judge: JudgeSpec = judgeHere(database),
): Promise<PublishResult> {
  const { db } = database;
  const [draft, active] = await Promise.all([readSpecRow(db, ref.id, version), readActiveSpec(db, ref.id)]);
  if (draft === undefined || active === undefined) return { status: 'not_found' };
  if (draft.status === 'active') return { status: 'published', spec: draft };
  if (draft.origin === 'learned') {
    return { status: 'not_publishable', detail: 'A learned version is published by approving it while it is held.' };
  }
  if (draft.status === 'archived') {
    return { status: 'not_publishable', detail: 'An archived version comes back by a rollback to it.' };
  }
  const report = await judge(active, draft);
  const missing = unacknowledged(report, ['fail'], consent.acknowledge ?? []);
  if (missing.length > 0) return { status: 'gate_failed', report, missing };
  return switchTo(database, ref, { actor, consent, active, spec: draft, report, action: 'spec.publish' });
}

/** Publishes the held candidate: never on a fail; what is inconclusive must be acknowledged by name, with a reason. */
export async function approveSpec(
  database: OpenDatabase,
  ref: TwinRef,
  version: string,
  actor: string,
  consent: OwnerConsent,
  judge: JudgeSpec = judgeHere(database),
): Promise<PublishResult> {
  const { db } = database;
  const [candidate, active] = await Promise.all([readSpecRow(db, ref.id, version), readActiveSpec(db, ref.id)]);
  if (candidate === undefined || active === undefined) return { status: 'not_found' };
  if (candidate.review === 'approved' && candidate.status === 'active') return { status: 'published', spec: candidate };
  if (candidate.review !== 'held') {
    return { status: 'not_publishable', detail: `Only a held candidate can be approved; ${standing(candidate)}.` };
  }
  if (candidate.parent_version !== active.version) return supersede(database, ref, candidate);

  const report = await currentReport(database, active, candidate, judge);
  const watched = promptChanges(active.spec, candidate.spec).length > 0;
  const failed = unacknowledged(report, ['fail'], []);
  const undecided = unacknowledged(report, ['inconclusive'], consent.reason ? (consent.acknowledge ?? []) : []);
  const missing = [...failed, ...undecided];
  if (report.verdict === 'fail' || missing.length > 0) return { status: 'gate_failed', report, missing };
  return switchTo(database, ref, { actor, consent, active, spec: candidate, report, action: 'spec.approve', watched });
}

const standing = ({ version, review, status }: SpecRow): string =>
  `${version} is ${review === null ? status : review === 'superseded' ? 'superseded by a newer version' : review}`;

interface Switch {
  readonly actor: string;
  readonly consent: OwnerConsent;
  readonly active: SpecRow;
  readonly spec: SpecRow;
  readonly report: GateReport;
  readonly action: 'spec.publish' | 'spec.approve';
  /** Whether its probation begins: it is learned, and its prompts differ from those of the live one. */
  readonly watched?: boolean;
}

/** The transaction: live version and candidate are still those that the report compared, then the atomic switch. */
async function switchTo({ db }: OpenDatabase, ref: TwinRef, to: Switch): Promise<PublishResult> {
  const { actor, consent, active, spec, report, action, watched } = to;
  return db.transaction(async (tx): Promise<PublishResult> => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return { status: 'not_found' };
    const now = await readSpecRow(tx, ref.id, spec.version);
    if (locked.state.active_version !== active.version || now?.status !== spec.status || now.review !== spec.review) {
      return { status: 'parent_changed', active_version: locked.state.active_version };
    }
    const acknowledged = [...(consent.acknowledge ?? [])];
    await updateSpec(tx, ref.id, spec.version, { gate_report: report });
    const published = await activateSpec(tx, ref.id, spec.version, {
      published_by: actor,
      reason: consent.reason ?? ownersDecision(report),
      acknowledged,
      review: action === 'spec.approve' ? 'approved' : null,
      probation_days: watched === true ? PROBATION_DAYS : undefined,
    });
    if (action === 'spec.approve') await updateTwinState(tx, ref.id, { last_decision: 'published' });
    await writeAudit(tx, {
      tenant_id: ref.tenant_id,
      twin_id: ref.id,
      actor,
      action,
      detail: { version: spec.version, verdict: report.verdict, acknowledged, reason: consent.reason ?? null },
    });
    return { status: 'published', spec: published };
  });
}

/** Why it went live without a pass, where the owner said nothing; null after a pass. */
function ownersDecision(report: GateReport): string | null {
  if (report.verdict === 'pass') return null;
  const open = unacknowledged(report, ['fail', 'inconclusive'], []);
  return `the owner's decision; the gate's verdict was ${report.verdict} (${open.join(', ')})`;
}

async function supersede({ db }: OpenDatabase, ref: TwinRef, candidate: SpecRow): Promise<PublishResult> {
  return db.transaction(async (tx): Promise<PublishResult> => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return { status: 'not_found' };
    const { active_version } = locked.state;
    const now = await readSpecRow(tx, ref.id, candidate.version);
    if (now?.review === 'held' && active_version !== candidate.parent_version) {
      await updateSpec(tx, ref.id, candidate.version, { review: 'superseded', status: 'archived' });
    }
    return { status: 'parent_changed', active_version };
  });
}
