import { fitTenant } from '../../src/learning/fit.ts';
import { fitOptions, propose } from '../../src/learning/learn.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import type { Measured } from './growth.ts';
import { AS_OF, simulate, type Size } from './simulate.ts';

// Entry of a process that `growth.ts` starts; its argument is a Size.
const size = JSON.parse(process.argv[2] ?? '') as Size;
const modules = Array.from({ length: size.modules }, (_, i) => ({ id: `m${i}` }));
const active = personaSpecSchema.parse({ procedural_modules: modules });
const text = new Map(active.procedural_modules.map((module) => [module.id, moduleHash(module)]));
const events = simulate(size, text);
const input = { twin_id: 't0', active, vetoes: [], as_of: AS_OF };

const start = performance.now();
const fit = fitTenant(events, fitOptions(input));
const fitted = performance.now();
const { operations } = propose(fit, input);
const done = performance.now();
const measured: Measured = {
  operations: operations.length,
  fit_seconds: (fitted - start) / 1_000,
  propose_seconds: (done - fitted) / 1_000,
  peak_mb: process.resourceUsage().maxRSS / 1_024,
};
process.stdout.write(JSON.stringify(measured));
