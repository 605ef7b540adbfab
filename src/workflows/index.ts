// The SDK runs the default export in the place of a workflow type that it does not find.
// oxlint-disable-next-line import/no-default-export
export { unknownWorkflow as default } from './checks.ts';
export { sweepWorkflow } from './sweep.ts';
export { twinWorkflow } from './twin.ts';
