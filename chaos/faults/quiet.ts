import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.ts';

const QUIET_MS = 4_000;

/** No fault at all: what is found then is the product's own. */
export const quiet: Fault = {
  name: 'quiet',
  what: 'nothing: votes come in',
  learners: 0,
  async run() {
    await sleep(QUIET_MS);
    return { fired: 1 };
  },
};

/** Longer than the votes take that arrive meanwhile. */
const HELD_MS = 1_500;

export const stoppingApi: Fault = {
  name: 'stopping-api',
  what: 'votes that make twins learn reach an API that has been told to stop',
  learners: 2,
  async run({ system, learners, learn, until }) {
    const [api] = system.apis;
    if (api === undefined) throw new Error('an API is needed');
    const pid = await api.pid();
    let stopping = false;
    // A vote whose commit takes long: as long as it is not answered, the API takes others.
    const end = system.watchCommits(async (replica, when) => {
      if (stopping || replica !== api || when !== 'before') return;
      stopping = true;
      await api.signal('SIGTERM');
      await sleep(HELD_MS);
    });
    await until('the API told to stop', async () => stopping);
    await sleep(HELD_MS / 5);
    learn(learners, api.url);
    await api.replaced(pid);
    end();
    const { sql } = system.database;
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from persona_training_events where twin_id = any(${[...learners]})`;
    return {
      fired: row?.count ?? 0,
      problems: row?.count === 0 ? ['the stopping API took no votes'] : [],
    };
  },
};
