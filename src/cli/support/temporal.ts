import type { TwinControl } from '../../control/twin-control.ts';
import type { TemporalClient, TemporalConfig } from '../../temporal.ts';

/** Connects to Temporal for `work`, and closes only when every call has ended: closing during one ends the process. */
export async function withTemporal<T>(
  config: TemporalConfig,
  report: (message: string) => void,
  work: (temporal: TemporalClient, control: TwinControl) => Promise<T>,
): Promise<T> {
  // Loaded here only: half a second that the verbs without Temporal do not need.
  const { connectClient } = await import('../../temporal.ts');
  const { createTwinControl } = await import('../../control/twin-control.ts');
  const temporal = connectClient(config);
  const control = createTwinControl(temporal.client, report);
  try {
    return await work(temporal, control);
  } finally {
    await control.settle();
    await temporal.connection.close();
  }
}
