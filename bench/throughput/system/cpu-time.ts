import { readFile, readdir } from 'node:fs/promises';

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

/** CPU milliseconds that a process and its children that still run have used. Undefined where there is no /proc. */
export async function cpuTime(pid: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readStat));
  return all
    .filter((one) => one !== undefined && (one.pid === pid || one.parent === pid))
    .reduce((sum, one) => sum + (one?.ticks ?? 0) * TICK_MS, 0);
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

async function readStat(pid: string): Promise<Stat | undefined> {
  // A process that ends meanwhile has no file any more.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // What comes after the name, which may have spaces: state, parent, and from the 12th on the user's and system's ticks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
