import { sameJson } from '../persona/hash.ts';
import { parsePointer } from '../persona/pointer.ts';
import type { Operation } from '../persona/operation.ts';
import type { Veto } from './types.ts';

/** A vetoed operation is proposed again once this many votes came in and its effective votes have doubled. */
const NEW_VOTES = 20;
const GROWTH = 2;

type Change = Pick<Operation, 'op' | 'path' | 'from' | 'to'>;

/** What a veto is about: the value, or for a module's confidence the direction, because its value drifts. */
function targetOf({ path, from, to }: Change): unknown {
  const [list, , field, ...rest] = parsePointer(path);
  const isConfidence = list === 'procedural_modules' && field === 'confidence' && rest.length === 0;
  if (isConfidence && typeof from === 'number' && typeof to === 'number') return to < from ? 'down' : 'up';
  return to ?? null;
}

/**
 * Whether an operation goes where a vetoed one went. A limit of length drifts with every liked answer, so any change to
 * the same side of what stands there does; a band that is added is the same band whatever its figures.
 */
function goesTo(operation: Change, vetoed: unknown): boolean {
  const { path, from, to } = operation;
  const [list, name] = parsePointer(path);
  if (list === 'deterministic_rules' && name === 'length_bands') {
    if (from === undefined) return true;
    if (typeof from === 'number' && typeof to === 'number' && typeof vetoed === 'number') {
      return Math.sign(vetoed - from) === Math.sign(to - from);
    }
  }
  return sameJson(vetoed ?? null, targetOf(operation));
}

/**
 * The veto of an operation that was rejected or rolled back; `effective_votes` and `events` are those of its evidence.
 * The caller gives it an id and keeps it.
 */
export function vetoFrom(operation: Operation, effective_votes: number, events: number): Omit<Veto, 'id'> {
  return { path: operation.path, op: operation.op, to: targetOf(operation), effective_votes, events };
}

/** Whether two operations say the same of the same place; of a confidence or a limit of length the direction counts. */
export function sameChange(a: Change, b: Change): boolean {
  return a.path === b.path && a.op === b.op && goesTo(a, targetOf(b));
}

/** The first veto that still suppresses an operation with so much evidence behind it, or null. */
export function suppressedBy(
  operation: Change,
  evidence: { readonly effective_votes: number; readonly events: number },
  vetoes: readonly Veto[],
): Veto | null {
  const matches = ({ path, op, to }: Veto): boolean =>
    path === operation.path && op === operation.op && goesTo(operation, to);
  const outgrown = (veto: Veto): boolean =>
    evidence.effective_votes >= GROWTH * veto.effective_votes && evidence.events - veto.events >= NEW_VOTES;
  return vetoes.find((veto) => matches(veto) && !outgrown(veto)) ?? null;
}
