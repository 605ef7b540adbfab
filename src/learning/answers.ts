import { moduleIdOf } from './columns.ts';
import type { TwinBlock } from './design.ts';
import { coefficientsOf } from './effects.ts';
import type { TenantFit } from './fit.ts';

/** Lift that an answer has from one text of a module, in one cell. */
interface CellLift {
  readonly cell: number;
  readonly column: number;
  readonly lift: number;
}

/** A twin's own answers, prepared so that asking for one module costs no exponentials a cell. */
export interface TwinAnswers {
  readonly total: number;
  /** Weight and e^-eta of each cell. */
  readonly weight: Float64Array;
  readonly odds: Float64Array;
  /** By module id, the cells whose answers have some text of it. */
  readonly having: ReadonlyMap<string, readonly CellLift[]>;
}

/** The answers of a block's twin under a fit. */
export function twinAnswers(fit: TenantFit, block: TwinBlock): TwinAnswers {
  const { counts, posterior } = fit;
  const from = block.firstCell;
  const weight = counts.n.subarray(from, from + block.cells);
  const odds = posterior.eta.subarray(from, from + block.cells).map((eta) => Math.exp(-eta));
  const ids = block.names.map(moduleIdOf);
  const beta = coefficientsOf(block, posterior.effects);
  const having = new Map<string, CellLift[]>();
  for (let cell = 0; cell < block.cells; cell++) {
    for (let i = block.offsets[cell]!; i < block.offsets[cell + 1]!; i++) {
      const column = block.features[i]!;
      const id = ids[column];
      if (id === null || id === undefined) continue;
      const list = having.get(id) ?? [];
      if (list.length === 0) having.set(id, list);
      list.push({ cell, column, lift: beta[column]! });
    }
  }
  return { total: weight.reduce((sum, value) => sum + value, 0), weight, odds, having };
}

/**
 * Mean over the twin's answers of sigmoid(eta without the module + lift): what its answers would be worth if each had
 * the module. The same answers for every module, so that confidences compare. Null without answers.
 */
export function meanWithModule({ total, weight, odds, having }: TwinAnswers, id: string, lift: number): number | null {
  if (!(total > 0)) return null;
  const factor = Math.exp(-lift);
  let sum = 0;
  for (let cell = 0; cell < weight.length; cell++) sum += weight[cell]! / (1 + odds[cell]! * factor);
  for (const at of having.get(id) ?? []) {
    const without = odds[at.cell]!;
    const n = weight[at.cell]!;
    sum += n / (1 + without * Math.exp(at.lift) * factor) - n / (1 + without * factor);
  }
  return sum / total;
}

/** Weighted votes on answers that have column `column`, a text of module `id`; 0 when there is no such column. */
export function votesWith({ weight, having }: TwinAnswers, id: string, column: number | undefined): number {
  let sum = 0;
  for (const at of having.get(id) ?? []) if (at.column === column) sum += weight[at.cell]!;
  return sum;
}
