import { twinWorkflowId } from '../../src/workflows/contract.ts';
import { postJson } from '../load/post-json.ts';
import type { Fault } from '../fault.ts';

const TIMES = 20;
const TIMEOUT_MS = 10_000;

export const sameVote: Fault = {
  name: 'same-vote',
  what: `the same vote ${TIMES} times at once on both APIs, with and without an event id`,
  learners: 0,
  async run({ system, apiKey, voters }) {
    const [twin] = voters;
    const cast = (trace: string, more: object) =>
      Promise.all(
        Array.from({ length: TIMES }, (_, n) => {
          const url = system.apis[n % system.apis.length]?.url ?? '';
          const body = JSON.stringify({ twin_id: twin, rater_id: 'one', score: 1, ...more });
          return postJson(`${url}/feedback/${trace}`, apiKey, body, TIMEOUT_MS);
        }),
      );
    const problems: string[] = [];
    for (const [trace, more] of [
      ['same-named', { event_id: 'the-same' }],
      ['same-unnamed', {}],
    ] as const) {
      const answers = await cast(trace, more);
      const refused = answers.filter(({ status }) => status !== 202);
      const first = answers.filter(({ body }) => (JSON.parse(body) as { duplicate?: boolean }).duplicate === false);
      const [row] = await system.database.sql<{ count: number }[]>`
        select count(*)::int as count from persona_training_events where trace_id = ${trace}`;
      if (refused.length > 0) problems.push(`${trace}: ${refused.length} of ${TIMES} were refused`);
      if (first.length !== 1) problems.push(`${trace}: ${first.length} were told to be the first`);
      if (row?.count !== 1) problems.push(`${trace}: ${row?.count} rows in the ledger`);
    }
    return { fired: 2 * TIMES, problems };
  },
};

/** Just before the 2,000 events after which a twin begins a new history: the votes come in while it does. */
const NEARLY = 1_900;
/** Several wake-ups may be one cycle of some eleven events. */
const MOST_WAKE_UPS = 3_000;
const STORM = 100;

export const continueAsNew: Fault = {
  name: 'continue-as-new',
  what: 'votes that make a twin learn come in while its workflow continues as new',
  learners: 2,
  async run({ system, learners, learn, until }) {
    const [twin, other] = learners;
    if (twin === undefined || other === undefined) throw new Error('two twins are needed');
    const { client } = system.temporal;
    const ref = { id: twin, tenant_id: 'continue-as-new' };
    await system.control.poke(ref, 'stateChanged');
    const handle = client.workflow.getHandle(twinWorkflowId(twin));
    const first = (await handle.describe()).runId;
    let length = 0;
    const continued = async (): Promise<boolean> => {
      const { runId, historyLength } = await handle.describe();
      length = Math.max(length, historyLength);
      return runId !== first;
    };
    for (let n = 0; n < MOST_WAKE_UPS && length < NEARLY && !(await continued()); n += 1) {
      await system.control.poke(ref, 'stateChanged');
    }
    learn(learners);
    const storm = Array.from({ length: STORM }, () => system.control.poke(ref, 'stateChanged'));
    await Promise.all(storm);
    await until('another run of the workflow', continued);
    return { fired: 1, notes: [`its history had ${length} events`] };
  },
};
