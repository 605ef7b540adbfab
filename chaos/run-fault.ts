import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKey } from '../src/db/key-writes.ts';
import { waitUntil } from '../src/dev/readiness.ts';
import { decisiveVotes } from '../bench/throughput/load/decisive-votes.ts';
import { makeTwins } from '../bench/throughput/system/twins.ts';
import { LEARNS_BY_ITSELF } from '../bench/throughput/system/versions.ts';
import { seededRandom } from '../src/cli/demo/random.ts';
import { check } from './check.ts';
import type { Fault, Outcome } from './fault.ts';
import { readVotes, type Voter } from './load/voter-process.ts';
import type { Ballots, VoteLine } from './load/voter-messages.ts';
import { recoveriesOf, slowVotes } from './measure.ts';
import { settle } from './settle.ts';
import { logFilesOf, type ChaosSystem } from './system/system.ts';

const VOTERS = 6;
const VOTES_PER_SECOND = 30;
/** Votes before and after the fault, to compare with. */
const LEAD_MS = 500;

/** One line of the table. Times are ms. */
export interface Row {
  readonly fault: string;
  readonly fired: number;
  readonly votes: number;
  /** Requests without a 202, by what came instead. */
  readonly failures: Readonly<Record<string, number>>;
  readonly jobs: number;
  readonly versions: number;
  readonly repairs: number;
  readonly fenced: number;
  readonly recoveries: { readonly vote: readonly number[]; readonly job: readonly number[] };
  /** 99th percentile of the votes that were sent while something was away; NaN when nothing was. */
  readonly awayP99: number;
  readonly notes: readonly string[];
  readonly seconds: number;
  /** What does not hold; empty when all does. */
  readonly problems: readonly string[];
}

export interface Run {
  readonly system: ChaosSystem;
  readonly voter: Voter;
  readonly seed: number;
  /** Where the votes are written down. */
  readonly folder: string;
  /** What is broken already. */
  readonly known: Set<string>;
  /** False: lost pokes stay lost. */
  readonly sweeps: boolean;
  /** Default: a minute. */
  readonly stuckAfterMs?: number;
  readonly progress: (line: string) => void;
}

/** Votes and jobs go on, the fault strikes, all settles, and everything is counted and checked. */
export async function runFault(run: Run, fault: Fault): Promise<Row> {
  const { system, voter, progress } = run;
  const { database } = system;
  const started = Date.now();
  const { name: tenant } = fault;
  const log = join(run.folder, `${tenant}.votes`);
  const comment = `canary${run.seed}${tenant.replaceAll('-', '')}`;
  const range = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
  const voters = range(`${tenant}-v`, VOTERS);
  const learners = range(`${tenant}-l`, fault.learners);
  const fencedBefore = await countFenced(system);
  await system.ready();

  // The tenant comes with its first key.
  const { key: apiKey } = await createKey(database.db, { tenant_id: tenant, role: 'owner', name: 'chaos' });
  await makeTwins(database, { tenant, prefix: `${tenant}-v`, count: VOTERS, coolingDown: true });
  if (learners.length > 0) {
    await makeTwins(database, { tenant, prefix: `${tenant}-l`, count: learners.length, policy: LEARNS_BY_ITSELF });
  }
  const target = { urls: system.apis.map(({ url }) => url), apiKey, log };
  const perSecond = fault.votesPerSecond ?? VOTES_PER_SECOND;
  voter.tell({ do: 'vote', ...target, run: tenant, twins: voters, perSecond, comment });
  await sleep(LEAD_MS);

  const learned = new Set<string>();
  const problems: string[] = [];
  let outcome: Outcome = { fired: 0 };
  let repairs: readonly string[] = [];
  let votes: readonly VoteLine[] = [];
  try {
    outcome = await fault.run({
      system,
      random: seededRandom(run.seed ^ hash(tenant)),
      tenant,
      apiKey,
      voters,
      learners,
      learn(twins, url) {
        for (const twin of twins) {
          learned.add(twin);
          const { items: ballots } = decisiveVotes(twin) as { items: Ballots };
          voter.tell({ do: 'send', ...target, ...(url === undefined ? {} : { urls: [url] }), ballots });
        }
      },
      async until(what, ask, timeoutMs = 60_000) {
        if (!(await waitUntil(ask, timeoutMs))) throw new Error(`waited ${timeoutMs / 1_000} s in vain for: ${what}`);
      },
      progress,
    });
  } catch (error) {
    problems.push(String(error));
  }
  await sleep(LEAD_MS);
  await voter.stop();
  votes = await readVotes(log);
  try {
    repairs = await settle(system, { tenant, learned: [...learned] }, run);
  } catch (error) {
    problems.push(String(error));
  }
  if (outcome.fired === 0) problems.push('the fault never struck');
  problems.push(...(outcome.problems ?? []), ...((await outcome.afterwards?.(votes)) ?? []));
  const twins = [...voters, ...learners];
  problems.push(...(await check(system, { votes, twins, learned: [...learned], canary: comment, known: run.known })));

  const [counted] = await database.sql<{ jobs: number; versions: number }[]>`
    select (select count(*)::int from jobs where tenant_id = ${tenant} and status = 'complete') as jobs,
      (select count(*)::int from persona_specs where twin_id = any(${twins}) and origin = 'learned'
        and published_at is not null) as versions`;
  const failures: Record<string, number> = {};
  for (const { failed } of votes) if (failed !== undefined) failures[failed] = (failures[failed] ?? 0) + 1;
  return {
    fault: tenant,
    fired: outcome.fired,
    votes: votes.filter(({ accepted }) => accepted !== undefined).length,
    failures,
    jobs: counted?.jobs ?? 0,
    versions: counted?.versions ?? 0,
    repairs: repairs.length,
    fenced: (await countFenced(system)) - fencedBefore,
    recoveries: await recoveriesOf(system, tenant, outcome.recoveries ?? [], votes),
    awayP99: slowVotes(outcome.away ?? [], votes),
    notes: outcome.notes ?? [],
    seconds: Math.round((Date.now() - started) / 1_000),
    problems,
  };
}

/** Attempts that found another one in their place: the worker's log says so of each. */
async function countFenced(system: ChaosSystem): Promise<number> {
  const texts = await Promise.all(logFilesOf(system).map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.reduce(
    (sum, text) => sum + text.split(/\bApplicationFailure: job \S+ has a newer attempt/).length - 1,
    0,
  );
}

function hash(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at += 1) value = (Math.imul(value, 31) + text.charCodeAt(at)) | 0;
  return value;
}
