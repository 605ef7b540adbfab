import { specHash } from '../persona/hash.ts';
import { diffSpecs } from '../persona/manifest.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import type { GateInput } from './types.ts';

/** A learned candidate in order in every way: its manifest is the difference, learning again gives it, its parent is live. */
export function learnedAs(
  active: PersonaSpec,
  candidate: PersonaSpec,
  { cases = [], rated = [] }: Partial<Pick<GateInput, 'cases' | 'rated'>> = {},
): GateInput {
  const manifest = diffSpecs(active, candidate);
  return {
    active,
    candidate,
    manifest,
    relearned: manifest,
    parent: { version: active.version, hash: specHash(active) },
    cases,
    rated,
    regression: true,
  };
}
