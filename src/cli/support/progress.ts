import type { CliIo } from './io.ts';

/** On a terminal, how often a line is drawn anew; elsewhere, how often a new one is written. */
const REDRAW_MS = 80;
const LINE_MS = 2_000;

export interface Progress {
  /** Shows where things stand under a name; one line a name on a terminal, now and then a line elsewhere. */
  show(name: string, text: string): void;
  /** A line that stays. */
  line(text: string): void;
  /** Leaves the last state of everything to be read. */
  close(): void;
}

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Cut to a width, so that a line of a redrawn block is one row; colours are dropped when it has to be cut. */
function clip(text: string, width: number): string {
  const plain = text.replace(ESCAPES, '');
  return plain.length <= width ? text : `${plain.slice(0, Math.max(1, width - 1))}\u2026`;
}

/** A block of lines at the bottom of a terminal that is drawn again and again. */
function liveProgress(io: CliIo): Progress {
  const block = new Map<string, string>();
  let drawn = 0;
  let last = 0;
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`);
  const draw = (above = ''): void => {
    const width = io.columns() - 1;
    const lines = [...block.values()].map((text) => `${clip(text, width)}\n`);
    io.err(`${erase()}${above}${lines.join('')}`);
    drawn = lines.length;
    last = Date.now();
  };
  return {
    show(name, text) {
      const isNew = !block.has(name);
      block.set(name, text);
      if (isNew || Date.now() - last >= REDRAW_MS) draw();
    },
    line: (text) => draw(`${text}\n`),
    close() {
      draw();
      block.clear();
      drawn = 0;
    },
  };
}

/** Plain lines, for a log or a pipe; the last state of a name is written before anything else comes. */
function plainProgress(io: CliIo): Progress {
  const writtenAt = new Map<string, number>();
  let held: { readonly name: string; readonly text: string } | undefined;
  const write = (text: string): void => io.err(`${text}\n`);
  const flush = (): void => {
    if (held !== undefined) write(held.text);
    held = undefined;
  };
  return {
    show(name, text) {
      if (held?.name !== name) flush();
      const due = Date.now() - (writtenAt.get(name) ?? 0) >= LINE_MS;
      held = due ? undefined : { name, text };
      if (!due) return;
      writtenAt.set(name, Date.now());
      write(text);
    },
    line(text) {
      flush();
      write(text);
    },
    close: flush,
  };
}

export const createProgress = (io: CliIo): Progress => (io.interactive ? liveProgress(io) : plainProgress(io));
