import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLineOf, readPid } from './processes.ts';
import { UserError } from './user-error.ts';

/** How long two that start at once may take over a dead one's lock from each other before they look who has it. */
const RACE_MS = 150;

/**
 * Makes this process the only supervisor of a data folder, until it ends. `marker` is in every supervisor's command line:
 * an id that now belongs to another program does not hold the lock. Returns what releases it. Throws UserError.
 */
export async function lockDataFolder(folder: string, marker: string): Promise<() => void> {
  const file = join(folder, 'supervisor.pid');
  const holder = await readPid(file);
  if (holder !== undefined && holder !== process.pid) {
    if ((await commandLineOf(holder))?.includes(marker) === true) throw alreadyRunning(folder, holder);
  }
  await rm(file, { force: true });
  await writeFile(file, `${process.pid}\n`, { flag: 'wx' }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw alreadyRunning(folder, await readPid(file));
  });
  await sleep(RACE_MS);
  const winner = await readPid(file);
  if (winner !== process.pid) throw alreadyRunning(folder, winner);
  return () => rmSync(file, { force: true });
}

function alreadyRunning(folder: string, pid: number | undefined): UserError {
  return new UserError(
    `Twinloop is already running, pid ${pid ?? 'unknown'}, on the data folder ${folder}. Stop it, or set DATA_DIR (and the ports) for a second one.`,
  );
}
