import type { OpenDatabase, Reader } from '../db/client.ts';
import { standingKeysOf } from '../db/ledger.ts';
import { describeNow } from '../db/snapshots.ts';
import { readActiveSpec, readSpecRow, type SpecRow } from '../db/spec-writes.ts';
import { lockOwnTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import { fitTenant, type TenantFit } from '../learning/fit.ts';
import { propose, type ProposeInput } from '../learning/learn.ts';
import type { RuleVote } from '../learning/rules/types.ts';
import { sameChange } from '../learning/veto.ts';
import { parsePointer } from '../persona/pointer.ts';
import { summarizeOperation } from '../persona/manifest-summary.ts';
import type { Operation } from '../persona/operation.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import type { RaterRemoval } from './remove-rater.ts';
import { planRetraction } from './retract-keys.ts';
import { readRuleEvidence } from './rule-evidence.ts';
import { readTenantEvidence } from './tenant-evidence.ts';

interface LearnedOperation {
  /** The version that brought it in. */
  readonly version: string;
  readonly operation: Operation;
  /** The operation with its evidence, in a sentence. */
  readonly summary: string;
}

/** What removing a rater would change. */
export interface RaterRemovalPreview extends RaterRemoval {
  /** Learned operations of the live spec that the votes speak for now, and would not without the rater. */
  readonly no_longer_proposed: readonly LearnedOperation[];
}

interface LearnedVersion {
  readonly spec: SpecRow;
  readonly parent: PersonaSpec;
}

/** The learned versions that made the live spec what it is, newest first, back to the last one that was not learned. */
async function learnedVersions(db: Reader, twinId: string): Promise<LearnedVersion[]> {
  const learned: LearnedVersion[] = [];
  let spec = await readActiveSpec(db, twinId);
  while (spec?.origin === 'learned' && spec.parent_version !== null) {
    const parent = await readSpecRow(db, twinId, spec.parent_version);
    if (parent === undefined) break;
    learned.push({ spec, parent: parent.spec });
    spec = parent;
  }
  return learned;
}

type Evidence = { readonly fit: TenantFit } & Pick<ProposeInput, 'rules'>;

/** Whether a version changed more than statuses and confidences; where none did, rules are not worth their seconds. */
const learnedRules = ({ spec }: LearnedVersion): boolean =>
  spec.manifest.some(({ path }) => {
    const [list, , field] = parsePointer(path);
    return list !== 'procedural_modules' || (field !== 'status' && field !== 'confidence');
  });

/** Those operations of a version that the votes speak for in its parent. Budget and vetoes say nothing of the evidence. */
function supported({ fit, ...rules }: Evidence, twin_id: string, { spec, parent }: LearnedVersion): Operation[] {
  const { operations, withheld } = propose(fit, { twin_id, active: parent, vetoes: [], ...rules });
  const proposed = [
    ...operations,
    ...withheld.filter(({ reason }) => reason === 'budget').map(({ operation }) => operation),
  ];
  return spec.manifest.filter((operation) => proposed.some((other) => sameChange(operation, other)));
}

/**
 * Computes what `removeRater` would change, and writes nothing. The ledger is read in one transaction; the two fits,
 * which may take seconds, run after it. Undefined when the tenant has no such twin.
 */
export async function previewRaterRemoval(
  { db }: OpenDatabase,
  twin: TwinRef,
  raterId: string,
): Promise<RaterRemovalPreview | undefined> {
  const counted = await db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, twin);
    if (locked === undefined) return undefined;
    const { standing, pending_events } = await planRetraction(
      tx,
      locked.state,
      await standingKeysOf(tx, twin.id, raterId),
    );
    return { retracted: standing.length, pending_events };
  });
  if (counted === undefined || counted.retracted === 0) return counted && { ...counted, no_longer_proposed: [] };
  const versions = await learnedVersions(db, twin.id);
  if (versions.length === 0) return { ...counted, no_longer_proposed: [] };

  const snapshot = await describeNow(db, twin.tenant_id);
  const { events, options } = await readTenantEvidence(db, snapshot);
  const evidence = versions.some(learnedRules) ? await readRuleEvidence(db, snapshot, twin.id) : undefined;
  const others = events.filter((event) => event.twin_id !== twin.id || event.rater_id !== raterId);
  const votesOfOthers = (votes: readonly RuleVote[]) => votes.filter((vote) => vote.rater_id !== raterId);
  const now = { fit: fitTenant(events, options), ...evidence };
  const without = {
    fit: fitTenant(others, options),
    ...(evidence && { rules: { ...evidence.rules, votes: votesOfOthers(evidence.rules.votes) } }),
  };
  const no_longer_proposed = versions.flatMap((version) => {
    const speaking = supported(now, twin.id, version);
    const kept = speaking.length === 0 ? [] : supported(without, twin.id, version);
    return speaking
      .filter((operation) => !kept.includes(operation))
      .map((operation) => ({ version: version.spec.version, operation, summary: summarizeOperation(operation) }));
  });
  return { ...counted, no_longer_proposed };
}
