import type { NewVeto, SpecRow } from '../db/spec-writes.ts';
import { vetoFrom } from '../learning/veto.ts';

/** A veto for each operation that these learned versions made. */
export function vetoesOf(specs: readonly SpecRow[], cause: 'rejected' | 'rolled_back', actor: string): NewVeto[] {
  return specs
    .filter((spec) => spec.origin === 'learned')
    .flatMap((spec) =>
      spec.manifest.map((operation) => ({
        ...vetoFrom(operation, operation.evidence?.effective_votes ?? 0, operation.evidence?.events ?? 0),
        twin_id: spec.twin_id,
        version: spec.version,
        cause,
        created_by: actor,
      })),
    );
}
