import { openDatabase } from '../db/client.ts';
import { createLearner } from '../learner/learner.ts';
import { createApp } from './app.ts';
import { openApiDocument } from './openapi.ts';

const NOWHERE = 'postgres://nobody@127.0.0.1/nothing';

/** The text of openapi.json. Needs no server: a document touches neither database nor Temporal. */
export function renderOpenApi(): string {
  const app = createApp({
    // Both begin on first use, which a document never makes.
    db: openDatabase(NOWHERE),
    learner: createLearner(NOWHERE),
    control: {
      poke: async () => false,
      requestRun: async () => ({ enqueued: false, reason: 'gone' }),
      settle: async () => {},
    },
    temporalHealth: async () => false,
    defaults: { min_events: 5, cooldown_minutes: 30, auto_publish: false, run_regression_gate: true, trial_share: 0 },
    log: () => {},
  });
  return `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
}
