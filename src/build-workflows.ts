import { writeFile } from 'node:fs/promises';
import { bundleWorkflows, prebuiltBundle } from './worker-options.ts';

for (const encodesFailures of [false, true]) {
  const { code } = await bundleWorkflows({ encodesFailures });
  await writeFile(prebuiltBundle(encodesFailures), code);
}
