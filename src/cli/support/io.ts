import pc from 'picocolors';
import { loadConfig, type Config } from '../../config.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** What a verb may touch of the process: results go to `out` as JSON, everything else to `err`. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** A terminal on stderr can be redrawn. */
  readonly interactive: boolean;
  readonly colors: Colors;
  /** Characters in a line of stderr. */
  readonly columns: () => number;
  readonly config: () => Config;
  /** Aborted by Ctrl-C or SIGTERM. Only a verb that asks for it changes what the signals do. */
  readonly stopSignal: () => AbortSignal;
}

/** What a verb gets: the process, and where to leave its exit code when that is not 0. */
export interface VerbContext extends CliIo {
  readonly end: (exitCode: number) => void;
}

/** Columns of output that goes to no terminal. */
export const DEFAULT_COLUMNS = 120;

export const printJson = (io: Pick<CliIo, 'out'>, value: unknown): void =>
  io.out(`${JSON.stringify(value, null, 2)}\n`);
export const say = (io: Pick<CliIo, 'err'>, line: string): void => io.err(`${line}\n`);

function createStopSignal(): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller !== undefined) return controller.signal;
    const stop = (controller = new AbortController());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // Whoever asks twice does not want to wait.
        if (stop.signal.aborted) process.exit(130);
        stop.abort();
      });
    }
    return stop.signal;
  };
}

/** The real process. A reader that is gone (`| head`) ends nothing in a stack trace. */
export function processIo(): CliIo {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const interactive = process.stderr.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive,
    colors: pc.createColors(interactive && process.stderr.hasColors()),
    columns: () => process.stderr.columns ?? DEFAULT_COLUMNS,
    config: () => loadConfig(),
    stopSignal: createStopSignal(),
  };
}
