/** A step that has run this long tells that it does, whatever was expected of it. */
const TELL_AFTER_MS = 5_000;

export interface Reporter {
  line(text: string): void;
  /** Runs `work`; a step expected to take 5 s or more is announced at once, another when it takes that long after all. */
  step<T>(what: string, aboutSeconds: number, work: () => Promise<T>): Promise<T>;
}

export function createReporter(write: (text: string) => void): Reporter {
  const line = (text: string): void => write(`${text}\n`);
  return {
    line,
    step: async (what, aboutSeconds, work) => {
      const announce = (): void => line(`${what} (about ${aboutSeconds} s)`);
      const long = aboutSeconds * 1_000 >= TELL_AFTER_MS;
      if (long) announce();
      const timer = long ? undefined : setTimeout(announce, TELL_AFTER_MS);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
