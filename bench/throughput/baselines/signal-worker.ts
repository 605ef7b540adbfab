/** Runs the workflows of the route that signals each vote. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NativeConnection, Worker } from '@temporalio/worker';

const { values } = parseArgs({ options: { 'temporal-address': { type: 'string', default: '' } } });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: values['temporal-address'] }),
  taskQueue: 'votes',
  workflowsPath: fileURLToPath(new URL('signal-workflow.ts', import.meta.url)),
});
await worker.run();
