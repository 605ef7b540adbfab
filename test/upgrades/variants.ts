import { fileURLToPath } from 'node:url';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from '../../src/worker-options.ts';

/** Today's workflow code with one of the changes in `variants`. */
export const variantBundle = (name: 'patched' | 'incompatible'): Promise<WorkflowBundle> =>
  bundleWorkflows({ more: [fileURLToPath(new URL(`variants/${name}.ts`, import.meta.url))] });
