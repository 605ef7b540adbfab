import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultContext, Outcome } from '../fault.ts';
import type { TcpProxy } from '../proxy/tcp-proxy.ts';

const SECONDS = 10;
/** Into the claims and steps of the twins that learn. */
const INTO_LEARNING_MS = 700;

interface Outage {
  readonly of: 'postgres' | 'temporal';
  readonly begin: (proxy: TcpProxy) => Promise<void>;
  readonly end: (proxy: TcpProxy) => Promise<void>;
}

/** For ten seconds no process reaches it, however it is reached. */
async function during({ system, learners, learn }: FaultContext, { of, begin, end }: Outage): Promise<Outcome> {
  const proxies = [...system.workers, ...system.apis].map((replica) => replica[of]);
  const half = learners.length / 2;
  learn(learners.slice(0, half));
  await sleep(INTO_LEARNING_MS);
  const from = Date.now();
  await Promise.all(proxies.map(begin));
  learn(learners.slice(half));
  await sleep(SECONDS * 1_000);
  const to = Date.now();
  const withheld = proxies.reduce((sum, proxy) => sum + proxy.withheld, 0);
  await Promise.all(proxies.map(end));
  return {
    fired: proxies.length,
    away: [{ from, to }],
    recoveries: [
      { since: to, until: 'vote' },
      { since: to, until: 'job' },
    ],
    notes: withheld === 0 ? [] : [`${withheld} bytes were kept back for ${SECONDS} s`],
    // Bytes that nobody sent would mean that nobody noticed.
    problems: begin === hole.begin && withheld === 0 ? ['nothing was sent into the black hole'] : [],
  };
}

const hole = {
  begin: async (proxy: TcpProxy) => proxy.blackHole(),
  end: async (proxy: TcpProxy) => proxy.endBlackHole(),
};
const gone = {
  begin: (proxy: TcpProxy) => proxy.goAway(),
  end: (proxy: TcpProxy) => proxy.comeBack(),
};

const outage = (name: string, what: string, how: Outage): Fault => ({
  name,
  what: `${what} for ${SECONDS} s while votes come in and twins learn`,
  learners: 4,
  run: (context) => during(context, how),
});

export const postgresHole = outage('hole-postgres', 'a black hole before Postgres', { of: 'postgres', ...hole });
export const temporalHole = outage('hole-temporal', 'a black hole before Temporal', { of: 'temporal', ...hole });
export const postgresGone = outage('no-postgres', 'Postgres refuses connections', { of: 'postgres', ...gone });
export const temporalGone = outage('no-temporal', 'Temporal refuses connections', { of: 'temporal', ...gone });
