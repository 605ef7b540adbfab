import { rm } from 'node:fs/promises';
import { dataFolderMarker, pidFileOf, PROCESS_NAMES, STOP_SIGNALS } from './process-specs.ts';
import { commandLineOf, readPid, stopStranger } from './processes.ts';

const STOP_TIMEOUT_MS = 20_000;

/**
 * Ends what an earlier supervisor of this data folder left behind when it was killed, and clears its pid files.
 * Only a process whose command line names the folder is ended: the id may be another program's by now.
 */
export async function stopLeftovers(dataDir: string, report: (line: string) => void): Promise<void> {
  for (const name of PROCESS_NAMES) {
    const file = pidFileOf(dataDir, name);
    const pid = await readPid(file);
    if (pid !== undefined && (await commandLineOf(pid))?.includes(dataFolderMarker(dataDir)) === true) {
      report(`stopping the ${name} (pid ${pid}) that an earlier run left behind`);
      await stopStranger({ pid, signal: STOP_SIGNALS[name], timeoutMs: STOP_TIMEOUT_MS });
    }
    await rm(file, { force: true });
  }
}
