interface Slot<T> {
  readonly running: Promise<T>;
  /** A load that begins when the running one has ended: all that came meanwhile share it. */
  next: Promise<T> | undefined;
}

/**
 * Loads by key, one load at a time: a burst of callers shares two loads, and nobody gets an answer that was asked for
 * before he came. So it saves work under pressure and never answers from a cache.
 */
export function createFreshLoader<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const slots = new Map<string, Slot<T>>();

  const begin = (key: string): Promise<T> => {
    const running = load(key).finally(() => {
      if (slots.get(key)?.running === running && slots.get(key)?.next === undefined) slots.delete(key);
    });
    slots.set(key, { running, next: undefined });
    return running;
  };

  return (key) => {
    const slot = slots.get(key);
    if (slot === undefined) return begin(key);
    slot.next ??= slot.running.then(
      () => begin(key),
      () => begin(key),
    );
    return slot.next;
  };
}
