/** Casts votes and writes down what was answered. A process of its own, which no fault touches. */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { postJson } from './post-json.ts';
import type { Ballots, VoterMessage, VoterReport } from './voter-messages.ts';

/** Requests under way at once. */
const CONNECTIONS = 60;
const REQUEST_TIMEOUT_MS = 15_000;
const PAUSE_MS = 100;
/** After the end of a load, for the votes that have no answer yet. */
const PATIENCE_MS = 45_000;

let stopping = false;
let steady = Promise.resolve();
let giveUpAt = Infinity;
const underWay = new Set<Promise<void>>();
let turn = 0;

process.on('message', (message: VoterMessage) => {
  if (message.do === 'vote') steady = steadily(message);
  else if (message.do === 'send')
    track(cast(message.urls, message.apiKey, message.ballots, openSync(message.log, 'a')));
  else void stop();
});

process.on('disconnect', () => process.exit());

async function stop(): Promise<void> {
  stopping = true;
  giveUpAt = Date.now() + PATIENCE_MS;
  await steady;
  while (underWay.size > 0) await Promise.all(underWay);
  stopping = false;
  giveUpAt = Infinity;
  process.send?.({ stopped: true } satisfies VoterReport);
}

function track(work: Promise<void>): void {
  underWay.add(work);
  void work.finally(() => underWay.delete(work));
}

/** A vote every `1 / perSecond` seconds while fewer than all connections are busy, for each twin in turn. */
async function steadily(load: Extract<VoterMessage, { do: 'vote' }>): Promise<void> {
  const log = openSync(load.log, 'a');
  const start = performance.now();
  for (let n = 0; !stopping;) {
    const due = Math.floor(((performance.now() - start) * load.perSecond) / 1_000);
    for (; n < due && underWay.size < CONNECTIONS; n += 1) {
      const twin_id = load.twins[n % load.twins.length] ?? '';
      track(cast(load.urls, load.apiKey, [ballot(load.run, n, twin_id, load.comment)], log));
    }
    // Those that found no connection are not made up for: a storm after each outage would be another test.
    n = Math.max(n, due);
    await sleep(5);
  }
}

function ballot(run: string, n: number, twin_id: string, comment: string): Ballots[number] {
  const vote = { twin_id, rater_id: `reader-${n % 50}`, score: n % 3 === 0 ? -1 : 1, comment };
  return { trace_id: `${run}-t${n}`, event_id: `${run}:${n}`, ...vote };
}

/** Sends until the answer is 202, to the other API after each failure: under the same event id it is the same vote. */
async function cast(urls: readonly string[], apiKey: string, ballots: Ballots, log: number): Promise<void> {
  const write = (line: object): void => void writeSync(log, `${JSON.stringify(line)}\n`);
  const [first] = ballots;
  if (first === undefined) return;
  const { trace_id, ...single } = first;
  const path = ballots.length === 1 ? `/feedback/${trace_id}` : '/feedback';
  const body = JSON.stringify(ballots.length === 1 ? single : { items: ballots });
  for (turn += 1; Date.now() < giveUpAt; turn += 1) {
    const url = urls[turn % urls.length] ?? '';
    const sent = Date.now();
    const answer = await postJson(`${url}${path}`, apiKey, body, REQUEST_TIMEOUT_MS);
    const times = { sent, at: Date.now() };
    if (answer.status === 202 && !failedItems(answer.body)) {
      for (const { twin_id, event_id } of ballots) write({ ...times, accepted: { twin_id, event_id } });
      return;
    }
    write({ ...times, event_id: first.event_id, failed: answer.failed ?? String(answer.status) });
    // Whoever was refused a connection has sent nothing, and asks the other one at once.
    if (answer.failed !== 'ECONNREFUSED' || turn % urls.length === 0) await sleep(PAUSE_MS);
  }
  write({ sent: Date.now(), at: Date.now(), event_id: first.event_id, failed: 'given up' });
}

const failedItems = (body: string): boolean => ((JSON.parse(body) as { failed?: number }).failed ?? 0) > 0;
