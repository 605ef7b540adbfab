import { readFile } from 'node:fs/promises';
import { waitUntil } from '../../src/dev/readiness.ts';
import type { Fault } from '../fault.ts';

const MINUTES = 10;
const START_TIMEOUT_MS = 30_000;

/** When a process says that it logged its first line; ms since the epoch. */
async function firstLogged(file: string): Promise<number> {
  let time: number | undefined;
  await waitUntil(async () => {
    const line = (await readFile(file, 'utf8')).split('\n').find((text) => text.startsWith('{'));
    if (line !== undefined) time = Date.parse((JSON.parse(line) as { time: string }).time);
    return time !== undefined;
  }, START_TIMEOUT_MS);
  return time ?? Number.NaN;
}

export const clockOff: Fault = {
  name: 'clock-off',
  what: `a worker and an API ${MINUTES} minutes ahead, another worker ${MINUTES} minutes behind, while twins learn`,
  learners: 6,
  async run({ system, learners, learn, until }) {
    const [ahead, behind] = system.workers;
    const [api] = system.apis;
    if (ahead === undefined || behind === undefined || api === undefined) throw new Error('too few processes');
    const shifted = [
      { replica: ahead, minutes: MINUTES },
      { replica: behind, minutes: -MINUTES },
      { replica: api, minutes: MINUTES },
    ];
    const module = new URL('../shifted-clock.mjs', import.meta.url).href;
    for (const { replica, minutes } of shifted) {
      await replica.stop();
      replica.start(['--import', `${module}?minutes=${minutes}`]);
    }
    let fired = 0;
    for (const { replica, minutes } of shifted) {
      const said = await firstLogged(replica.logs.at(-1) ?? '');
      if (Math.abs(said - Date.now() - minutes * 60_000) < 60_000) fired += 1;
    }
    learn(learners);
    const { sql } = system.database;
    await until('their jobs', async () => {
      const done = await sql`select from jobs where twin_id = any(${[...learners]}) and completed_at is not null`;
      return done.length === learners.length;
    });
    for (const { replica } of shifted) {
      await replica.stop();
      replica.start();
    }
    await system.ready();
    return { fired, problems: fired === shifted.length ? [] : [`only ${fired} clocks were off`] };
  },
};
