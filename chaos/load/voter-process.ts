import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { VoteLine, VoterMessage } from './voter-messages.ts';

export interface Voter {
  tell(message: Exclude<VoterMessage, { do: 'stop' }>): void;
  /** Resolves when every vote is answered or given up. */
  stop(): Promise<void>;
  end(): void;
}

export function startVoter(): Voter {
  const child = fork(fileURLToPath(new URL('voter.ts', import.meta.url)));
  const tell = (message: VoterMessage): void => void child.send(message);
  return {
    tell,
    async stop() {
      const stopped = once(child, 'message');
      tell({ do: 'stop' });
      await stopped;
    },
    // Its channel closes, and with it the process ends.
    end: () => child.disconnect(),
  };
}

/** What a voter wrote down, in the order of the answers. */
export async function readVotes(log: string): Promise<VoteLine[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as VoteLine);
}
