import { writeAudit } from '../db/audit.ts';
import type { OpenDatabase, Transaction } from '../db/client.ts';
import { clearVetoRow } from '../db/learning-facts.ts';
import { countPending } from '../db/ledger.ts';
import { lockOwnTwin, updateTwinState, type LockedTwin } from '../db/twin-lock.ts';
import type { TwinRef } from '../db/twin-ref.ts';
import type { InteractionContext } from '../db/vocabulary.ts';
import { resolvePolicy, type LearningDefaults, type PolicyLayer } from '../learning/policy.ts';
import { cooldownEnd } from './claim.ts';

/** A command on a twin: one transaction under its lock. False when the tenant has no such twin. */
async function command(
  { db }: OpenDatabase,
  ref: TwinRef,
  work: (tx: Transaction, locked: LockedTwin) => Promise<boolean>,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const locked = await lockOwnTwin(tx, ref);
    if (locked === undefined) return false;
    return work(tx, locked);
  });
}

/** Pausing twice keeps the first instant. */
export function pauseTwin(database: OpenDatabase, ref: TwinRef, actor: string, reason?: string): Promise<boolean> {
  return command(database, ref, async (tx, { state, now }) => {
    if (state.paused_at !== null) return true;
    await updateTwinState(tx, ref.id, { paused_at: now });
    await writeAudit(tx, { ...audited(ref), actor, action: 'learning.pause', detail: { reason: reason ?? null } });
    return true;
  });
}

export function resumeTwin(database: OpenDatabase, ref: TwinRef, actor: string): Promise<boolean> {
  return command(database, ref, async (tx, { state }) => {
    if (state.paused_at === null) return true;
    await updateTwinState(tx, ref.id, { paused_at: null });
    await writeAudit(tx, { ...audited(ref), actor, action: 'learning.resume' });
    return true;
  });
}

/** Absent knobs stay as they are; null gives one back to the environment. */
export interface PolicyChange extends PolicyLayer {
  readonly train_from?: InteractionContext[] | null | undefined;
}

/** Changes a twin's policy. The running cooldown and the pending count follow in the same transaction. */
export function changePolicy(
  database: OpenDatabase,
  ref: TwinRef,
  actor: string,
  change: PolicyChange,
  defaults: LearningDefaults,
): Promise<boolean> {
  return command(database, ref, async (tx, { state }) => {
    const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const policy = resolvePolicy({}, { ...state, ...said }, defaults);
    await updateTwinState(tx, ref.id, {
      ...said,
      cooldown_until: cooldownEnd(state.last_claimed_at, policy.cooldown_minutes.value, state.backoff_until),
    });
    if (change.train_from !== undefined) await updateTwinState(tx, ref.id, await countPending(tx, ref.id));
    await writeAudit(tx, { ...audited(ref), actor, action: 'learning.policy', detail: said });
    return true;
  });
}

/** Lets learning propose again what was rejected or rolled back. False when there is no such veto in force. */
export function clearVeto(database: OpenDatabase, ref: TwinRef, actor: string, vetoId: string): Promise<boolean> {
  return command(database, ref, async (tx, { now }) => {
    if (!(await clearVetoRow(tx, ref.id, vetoId, actor, now))) return false;
    await writeAudit(tx, { ...audited(ref), actor, action: 'learning.clear_veto', detail: { veto_id: vetoId } });
    return true;
  });
}

const audited = (ref: TwinRef) => ({ tenant_id: ref.tenant_id, twin_id: ref.id });
