import type { TwinControl } from '../control/twin-control.ts';
import type { OpenDatabase } from '../db/client.ts';
import type { Learner } from '../learner/learner.ts';
import type { LearningDefaults } from '../learning/policy.ts';
import type { RunModel } from './llm-suggestions.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { TenantFits } from './tenant-fits.ts';

/** What the worker hands its activities; nothing is global. */
export interface ActivityDeps {
  readonly database: OpenDatabase;
  readonly defaults: LearningDefaults;
  /** Unforced runs of a tenant under way at once. */
  readonly openJobsPerTenant: number;
  /** Days that texts of feedback are kept, where their tenant says nothing else. */
  readonly textRetentionDays: number;
  readonly control: TwinControl;
  readonly fits: TenantFits;
  readonly learner: Learner;
  /** Absent where nobody counts. */
  readonly metrics?: WorkerMetrics;
  /** Absent where no language model is configured. */
  readonly llm?: RunModel;
}
