export { sweepWorkflow } from './sweep.ts';
export { twinWorkflow } from './twin.ts';
