import { Gauge, type Registry } from 'prom-client';
import type { Database } from './db/client.ts';
import { readOldestDueSeconds } from './db/oldest-due.ts';

/** However often and by however many it is scraped. */
const KEPT_MS = 10_000;

/** Adds how long the twin waiting longest has been due, read at a scrape; absent while Postgres does not say. */
export function registerDueGauge(registry: Registry, db: Database, defaultMinEvents: number): void {
  let readAt = -Infinity;
  new Gauge({
    name: 'twinloop_oldest_due_seconds',
    help: 'For how long the twin that waits longest has been due without a run; 0 when none is.',
    registers: [registry],
    async collect() {
      if (performance.now() - readAt < KEPT_MS) return;
      try {
        this.set(await readOldestDueSeconds(db, defaultMinEvents));
        readAt = performance.now();
      } catch {
        this.remove();
      }
    },
  });
}
