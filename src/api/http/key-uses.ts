/** Which keys are used, told to the database once in a while: no request waits for it. */
export interface KeyUses {
  readonly mark: (keyId: string) => void;
  /** Tells what is left; nothing is told by itself any more. */
  close(): Promise<void>;
}

const TELL_MS = 60_000;

/** `tell` hears of the keys that were used since the last time, each once. What it throws goes to `failed`. */
export function createKeyUses(
  tell: (keyIds: readonly string[]) => Promise<void>,
  failed: (error: unknown) => void,
  everyMs = TELL_MS,
): KeyUses {
  let used = new Set<string>();
  const flush = async (): Promise<void> => {
    if (used.size === 0) return;
    const ids = [...used];
    used = new Set();
    await tell(ids).catch(failed);
  };
  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();
  return {
    mark: (keyId) => void used.add(keyId),
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}
