import { Context } from '@temporalio/activity';
import { purgeTwin } from '../db/purge-twin.ts';
import type { ActivityDeps } from './deps.ts';

/** Deletes what a deleted twin left, batch by batch. */
export async function purge(deps: ActivityDeps, { twinId }: { readonly twinId: string }): Promise<void> {
  await purgeTwin(deps.database, twinId, () => Context.current().heartbeat());
}
