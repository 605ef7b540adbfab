import assert from 'node:assert/strict';
import { createSpec } from '../../src/commands/create-spec.ts';
import { approveSpec, publishSpec } from '../../src/commands/publish-spec.ts';
import { requestRun } from '../../src/commands/request-run.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { rollbackSpec } from '../../src/commands/rollback-spec.ts';
import { deleteTwin } from '../../src/db/delete-twin.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { holdCandidate } from '../support/candidate.ts';
import { DEFAULTS, type Bench } from '../commands/support.ts';

/** Ids in a database where everything has happened that may happen. */
export interface World {
  /** Three runs, the second failed, the last open; votes of every kind, some pending. */
  readonly busy: string;
  /** Versions by the owner, learned on a pass and without one, and rolled back. */
  readonly versioned: string;
  /** Due, and nobody has planned it yet. */
  readonly due: string;
}

async function makeBusy(bench: Bench): Promise<string> {
  const twin = await bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });
  const trace = (n: number) => ({ trace_id: `t${n}` });
  await bench.cast(twin, [trace(1), trace(2), { ...trace(3), interaction_context: 'public_share' }]);
  await bench.complete(twin, await bench.claim(twin));
  await bench.cast(twin, [{ ...trace(1), score: -1 }, trace(4)]);
  await bench.fail(twin, await bench.claim(twin));
  const request = { request_id: 'q', force: true, actor: 'key:owner' };
  assert.ok((await requestRun(bench.database, twin.id, request, DEFAULTS)).enqueued);
  await bench.cast(twin, [trace(5), trace(6), { ...trace(7), interaction_context: 'public_share' }]);
  const of = { tenant_id: twin.tenant_id, twin_id: twin.id, message_id: '', rater_id: 'rater' };
  await retractVote(bench.database, { ...of, trace_id: 't5' });
  await bench.cast(twin, [{ trace_id: 'last', interaction_context: 'public_share' }]);
  return twin.id;
}

async function makeVersioned(bench: Bench): Promise<string> {
  const twin = await bench.twin();
  const actor = 'key:owner';
  const live = async (status: Promise<{ status: string }>, expected = 'published') =>
    assert.equal((await status).status, expected);
  const held = await holdCandidate(bench.database, twin.id);
  await live(approveSpec(bench.database, twin, held.version, actor, {}));
  const spec = { ...starterPersona, constitution: starterPersona.constitution.slice(1) };
  const draft = (await createSpec(bench.database, twin, actor, { spec }))!;
  const refused = await publishSpec(bench.database, twin, draft.version, actor, {});
  const acknowledge = refused.status === 'gate_failed' ? [...refused.missing] : [];
  await live(publishSpec(bench.database, twin, draft.version, actor, { acknowledge }));
  await live(rollbackSpec(bench.database, twin, actor, {}), 'rolled_back');
  const checks = [{ name: 'replay_liked', status: 'inconclusive', detail: '.' } as const];
  const open = await holdCandidate(bench.database, twin.id, { verdict: 'inconclusive', checks });
  const consent = { acknowledge: ['replay_liked'], reason: 'few votes yet' };
  await live(approveSpec(bench.database, twin, open.version, actor, consent));
  await holdCandidate(bench.database, twin.id);
  return twin.id;
}

export async function makeWorld(bench: Bench): Promise<World> {
  const gone = await bench.twin();
  await bench.castOne(gone);
  await deleteTwin(bench.database, gone, 'key:owner');
  const due = await bench.twin({ policy: { min_events: 1 } });
  await bench.castOne(due);
  return { busy: await makeBusy(bench), versioned: await makeVersioned(bench), due: due.id };
}
