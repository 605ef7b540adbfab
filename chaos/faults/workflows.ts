import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../src/dev/run-command.ts';
import { findTemporalCli } from '../../src/dev/temporal-cli.ts';
import { loadConfig } from '../../src/config.ts';
import { SWEEP_SCHEDULE_ID, feedbackCaptured, twinWorkflowId } from '../../src/workflows/contract.ts';
import { watchJobs, type JobCommit } from '../job-commits.ts';
import type { Fault, FaultContext } from '../fault.ts';

/** Does something to a twin's workflow while the step's commit waits. */
async function inTheMiddle(
  { system, learn, until }: FaultContext,
  { twin, commit }: { readonly twin: string; readonly commit: JobCommit },
  act: () => Promise<void>,
): Promise<void> {
  let done = false;
  const end = system.watchCommits(
    watchJobs([twin], async (seen) => {
      if (done || seen.commit !== commit || seen.when !== 'after') return;
      done = true;
      await act();
    }),
  );
  learn([twin]);
  await until(`${twin} at "${commit}"`, async () => done);
  end();
}

export const terminateAndReset: Fault = {
  name: 'terminate-reset',
  what: "terminate and reset of twins' workflows in the middle of their cycles; a poke goes on with the open job",
  learners: 4,
  async run(context) {
    const { system, learners, tenant } = context;
    const { client, namespace } = system.temporal;
    const moments: readonly JobCommit[] = ['learn begins', 'publish begins'];
    for (const [n, twin] of learners.entries()) {
      const commit = moments[Math.floor(n / 2)] ?? 'learn begins';
      const handle = client.workflow.getHandle(twinWorkflowId(twin));
      await inTheMiddle(context, { twin, commit }, async () => {
        if (n % 2 === 0) {
          await handle.terminate('chaos');
          return;
        }
        const { runId } = await handle.describe();
        await client.workflowService.resetWorkflowExecution({
          namespace,
          workflowExecution: { workflowId: twinWorkflowId(twin), runId },
          // The first workflow task that was completed: all that it did after is done again.
          workflowTaskFinishEventId: await firstCompletedTask(handle),
          requestId: `reset-${twin}`,
          reason: 'chaos',
        });
      });
      await system.control.poke({ id: twin, tenant_id: tenant }, 'stateChanged');
    }
    return { fired: learners.length };
  },
};

async function firstCompletedTask(handle: {
  fetchHistory(): Promise<{ events?: { eventId?: unknown; workflowTaskCompletedEventAttributes?: unknown }[] | null }>;
}): Promise<never> {
  const { events } = await handle.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  if (first === undefined) throw new Error('the workflow has completed no task');
  return first.eventId as never;
}

const SIGNALS = 10_001;
const AT_ONCE = 20;

export const signalFlood: Fault = {
  name: 'signal-flood',
  what: `${SIGNALS} signals to a twin's workflow while no worker runs; the server refuses the last`,
  learners: 2,
  async run({ system, learners, learn, tenant, until }) {
    const [twin] = learners;
    if (twin === undefined) throw new Error('a twin is needed');
    for (const worker of system.workers) await worker.stop();
    // Starts the workflow, whose first task nobody takes.
    await system.control.poke({ id: twin, tenant_id: tenant }, 'feedbackCaptured', 'feedback_event');
    const handle = system.temporal.client.workflow.getHandle(twinWorkflowId(twin));
    let sent = 1;
    let refused = 0;
    const send = async (): Promise<void> => {
      while (sent < SIGNALS) {
        sent += 1;
        await handle.signal(feedbackCaptured).catch(() => (refused += 1));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    learn(learners);
    const { historyLength } = await handle.describe();
    const since = Date.now();
    for (const worker of system.workers) worker.start();
    await system.ready();
    await until('the flooded workflow in a new history', async () => (await handle.describe()).historyLength < 4_096);
    return {
      fired: sent,
      recoveries: [{ since, until: 'job', twin }],
      notes: [`${sent} signals, ${refused} refused by the server; its history had ${historyLength} events`],
    };
  },
};

export const scheduleRace: Fault = {
  name: 'schedule-race',
  what: 'two processes ensure the Schedule at once, where there is none and where an operator has paused it',
  learners: 0,
  async run({ system, apiKey }) {
    const { client } = system.temporal;
    const problems: string[] = [];
    // The command looks at everything, the API too.
    const env = { ...system.environment, TWINLOOP_URL: system.apis[0]?.url, TWINLOOP_API_KEY: apiKey };
    const ensure = () =>
      runCommand(process.execPath, [system.build.file('cli/main.js'), 'doctor', '--fix'], {
        timeoutMs: 60_000,
        env,
      });
    const schedule = () => client.schedule.getHandle(SWEEP_SCHEDULE_ID);
    const both = async (round: string, paused: boolean): Promise<void> => {
      const results = await Promise.all([ensure(), ensure()]);
      for (const { code, output } of results) if (code !== 0) problems.push(`${round}: exit ${code}: ${output}`);
      const { state, spec, policies } = await schedule().describe();
      if (state.paused !== paused) problems.push(`${round}: paused is ${state.paused}`);
      if (spec.intervals?.length !== 1) problems.push(`${round}: ${spec.intervals?.length} intervals`);
      if (policies.overlap !== 'SKIP') problems.push(`${round}: overlap is ${policies.overlap}`);
    };
    await schedule().delete();
    await both('none there', false);
    await schedule().pause('by an operator');
    await both('paused', true);
    await schedule().unpause();
    return { fired: 4, problems };
  },
};

export const junkSignals: Fault = {
  name: 'junk-signals',
  what: 'signals of unknown names and with junk for a payload, sent by the temporal command while twins learn',
  learners: 3,
  async run({ system, learners, learn, tenant }) {
    const { path, cacheDir, temporal } = loadConfig();
    const cli = await findTemporalCli({ explicit: temporal.cli, path, cacheDir });
    if (cli.path === undefined) throw new Error('no Temporal CLI');
    const command = cli.path;
    const problems: string[] = [];
    const junk: readonly (readonly string[])[] = [
      ['--name', 'nobodyKnowsThis', '--input', '{"a":1}'],
      ['--name', 'feedbackCaptured', '--input', '"a text"'],
      ['--name', 'feedbackCaptured', '--input', '{"source":{"deep":[1]}}'],
      ['--name', 'stateChanged', '--input', '[1,2,3]', '--input', 'null'],
      ['--name', 'stateChanged', '--input', 'AAEC/w==', '--input-base64', '--input-meta', 'encoding=binary/plain'],
      ['--name', 'stateChanged', '--input', '{}', '--input-meta', 'encoding=json/protobuf'],
      ['--name', 'feedbackCaptured', '--input', '{}', '--input-meta', 'encoding=of/nobody'],
    ];
    for (const [n, twin] of learners.entries()) {
      await system.control.poke({ id: twin, tenant_id: tenant }, 'stateChanged');
      for (const args of junk) {
        const to = ['--address', system.temporal.address, '--workflow-id', twinWorkflowId(twin)];
        const { code, output } = await runCommand(command, ['workflow', 'signal', ...to, ...args], {
          timeoutMs: 20_000,
        });
        if (code !== 0) problems.push(`the command refused ${args.join(' ')}: ${output}`);
        if (n === 0) await sleep(100);
      }
      learn([twin]);
    }
    return { fired: junk.length * learners.length, problems };
  },
};
