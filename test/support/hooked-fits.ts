import { createTenantFits, type TenantFits } from '../../src/activities/tenant-fits.ts';
import type { TestSystem } from './system.ts';

/** What a test does in the middle of a step; what it throws, the step throws. */
export interface StepHooks {
  learn?: () => Promise<void>;
  gate?: () => Promise<void>;
}

/** The real fits; a tenant's hook runs in each attempt of learn and gate, outside any transaction. */
export function hookedFits({ database, learner }: Pick<TestSystem, 'database' | 'learner'>): {
  fits: TenantFits;
  hooks: Map<string, StepHooks>;
} {
  const real = createTenantFits(database, learner);
  const hooks = new Map<string, StepHooks>();
  return {
    hooks,
    fits: {
      async covering(tenantId, ...rest) {
        await hooks.get(tenantId)?.learn?.();
        return real.covering(tenantId, ...rest);
      },
      async of(snapshotId) {
        const found = await real.of(snapshotId);
        await hooks.get(found.snapshot.tenant_id)?.gate?.();
        return found;
      },
    },
  };
}

/** A point that a step waits at: `reached` when it is there, until `open`. */
export function barrier(): { readonly reached: Promise<void>; readonly wait: () => Promise<void>; open(): void } {
  const point = { arrive: () => {}, open: () => {} };
  const reached = new Promise<void>((resolve) => (point.arrive = resolve));
  const opened = new Promise<void>((resolve) => (point.open = resolve));
  return {
    reached,
    wait: () => {
      point.arrive();
      return opened;
    },
    open: () => point.open(),
  };
}
