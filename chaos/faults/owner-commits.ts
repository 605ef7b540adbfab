import { decisiveVotes } from '../../bench/throughput/load/decisive-votes.ts';
import type { Fault, FaultContext } from '../fault.ts';
import { Kills, MOMENTS, type Moment, type Request } from '../kill-at-commit.ts';
import { postJson } from '../load/post-json.ts';

const TIMEOUT_MS = 10_000;
/** A twin a moment for each of these ends of a candidate. */
const ENDS = ['approve', 'reject'] as const;

/** A command on a version. Again it is done, or refused because it is done. */
const command = (name: string, path: string, body: object, accepts: readonly number[] = [200, 409]): Request => ({
  name,
  method: 'POST',
  path: (twin) => `/twins/${twin}/${path}`,
  body: () => body,
  accepts,
});

async function versions({ system }: FaultContext, twin: string) {
  return system.database.sql<
    { version: string; status: string; origin: string; review: string | null; spec: object }[]
  >`
    select version, status, origin, review, spec from persona_specs where twin_id = ${twin} order by created_at`;
}

/** Lets a twin learn a candidate that is held for its owner. Returns its version. */
async function held(context: FaultContext, twin: string): Promise<string> {
  const [api] = context.system.apis;
  const send = (path: string, body: object, method = 'POST') =>
    postJson(`${api?.url}${path}`, context.apiKey, JSON.stringify(body), TIMEOUT_MS, method);
  await context.system.ready();
  await send(`/twins/${twin}/learning-policy`, { auto_publish: false }, 'PATCH');
  await send('/feedback', decisiveVotes(twin));
  let version: string | undefined;
  await context.until(`a held candidate of ${twin}`, async () => {
    version = (await versions(context, twin)).find(({ review }) => review === 'held')?.version;
    return version !== undefined;
  });
  return version ?? '';
}

/** Takes back what was approved, then makes a version and publishes it. */
async function ownVersions(context: FaultContext, kills: Kills, moment: Moment, twin: string): Promise<void> {
  const before = await versions(context, twin);
  const live = before.find(({ status }) => status === 'active');
  const first = before.find(({ origin }) => origin === 'owner');
  if (live === undefined || first === undefined) throw new Error(`${twin} has no versions`);
  const back = { to_version: first.version, expected_active_version: live.version, reason: 'chaos' };
  await kills.atCommit(moment, command('rollback', 'rollback', back), twin);
  await kills.atCommit(moment, command('version', 'persona-specs', { spec: live.spec }, [201]), twin);
  const draft = (await versions(context, twin)).find(({ status, origin }) => origin === 'owner' && status === 'draft');
  if (draft === undefined) throw new Error(`${twin} has no draft`);
  await kills.atCommit(moment, command('publication', `persona-specs/${draft.version}/publish`, {}), twin);
}

export const ownerCommits: Fault = {
  name: 'owner-commits',
  what: "kill -9 of the API before and after the commit of each of the owner's decisions on a version, sent again to the other",
  learners: MOMENTS.length * ENDS.length,
  async run(context) {
    const kills = new Kills(context);
    const twins = [...context.learners];
    const wrong: string[] = [];
    for (const moment of MOMENTS) {
      for (const end of ENDS) {
        const twin = twins.shift() ?? '';
        const version = await held(context, twin);
        await kills.atCommit(moment, command(end, `persona-specs/${version}/${end}`, { reason: 'chaos' }), twin);
        const done = (await versions(context, twin)).find((row) => row.version === version);
        if (done?.review !== (end === 'approve' ? 'approved' : 'rejected')) {
          wrong.push(`${end} of ${twin}'s ${version}, killed ${moment} its commit: it is ${done?.review}`);
        }
        if (end === 'approve') await ownVersions(context, kills, moment, twin);
      }
    }
    const outcome = kills.outcome();
    return { ...outcome, problems: [...(outcome.problems ?? []), ...wrong] };
  },
};
