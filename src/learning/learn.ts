import { moduleHash } from '../persona/hash.ts';
import type { Operation } from '../persona/operation.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { viewTwin } from './estimate.ts';
import type { TwinView } from './estimate.ts';
import { fitTenant } from './fit.ts';
import type { FitOptions, TenantFit } from './fit.ts';
import { refitsOf, survivesEveryRater } from './leave-one-out.ts';
import { estimateModules, proposedChanges } from './proposals.ts';
import type { Proposal } from './proposals.ts';
import type { LearnInput, Proposals, PublishedModule, PublishedTexts, Veto, Withheld } from './types.ts';
import { moduleUsage } from './usage.ts';
import { suppressedBy } from './veto.ts';

const MAX_OPERATIONS = 12;
const MAX_STATUS_CHANGES = 3;

export interface ProposeInput {
  readonly twin_id: string;
  readonly active: PersonaSpec;
  readonly vetoes: readonly Veto[];
}

/** The modules of a spec as learning sees them. */
function publishedModules(spec: PersonaSpec): PublishedModule[] {
  return spec.procedural_modules.map((module) => {
    const { id, status, confidence, pinned } = module;
    return { id, hash: moduleHash(module), status, confidence, pinned };
  });
}

function publishing(others: PublishedTexts | undefined, twin_id: string, own: readonly PublishedModule[]) {
  return new Map([...(others ?? []), [twin_id, own] as const]);
}

/** The fit; when it was made for other texts of the twin's modules than it publishes now, a new one for these. */
function fitFor(fit: TenantFit, twin_id: string, modules: readonly PublishedModule[]): TenantFit {
  const voted = moduleUsage(fit, twin_id);
  if (modules.every(({ id, hash }) => !voted.has(id) || fit.texts.current(twin_id, id) === hash)) return fit;
  const published = publishing(fit.options.published, twin_id, modules);
  return fitTenant(fit.events, { ...fit.options, published });
}

/** Takes proposals in their order as far as vetoes, the budget and, for a status, leaving one rater out allow. */
function select(view: TwinView, proposals: readonly Proposal[], vetoes: readonly Veto[]) {
  const operations: Operation[] = [];
  const withheld: Withheld[] = [];
  const refitWithout = refitsOf(view.fit);
  let statusChanges = 0;
  for (const proposal of proposals) {
    const { operation, module, status } = proposal;
    const veto = suppressedBy(operation, proposal, vetoes);
    if (veto !== null) {
      withheld.push({ operation, reason: 'veto', veto_id: veto.id });
    } else if (operations.length === MAX_OPERATIONS || (status !== null && statusChanges === MAX_STATUS_CHANGES)) {
      withheld.push({ operation, reason: 'budget' });
    } else if (status !== null && !survivesEveryRater(view, module, status, refitWithout)) {
      withheld.push({ operation, reason: 'single_rater_dependent' });
    } else {
      operations.push(operation);
      if (status !== null) statusChanges++;
    }
  }
  return { operations, withheld };
}

/**
 * What the evidence of a tenant speaks for in one twin: at most 12 operations, at most 3 of them status changes, and
 * those that a rule withheld. A fit whose `published` lacks the twin's current texts is made anew, which costs its time.
 */
export function propose(fit: TenantFit, input: ProposeInput): Proposals {
  const { twin_id, active, vetoes } = input;
  const modules = publishedModules(active);
  const current = fitFor(fit, twin_id, modules);
  const view = viewTwin(current, twin_id);
  const usage = moduleUsage(current, twin_id);
  const estimates = estimateModules(view, modules, usage);
  const twin = current.ledger.twins.indexOf(twin_id);
  return {
    ...select(view, proposedChanges(view, modules, estimates, usage), vetoes),
    modules: estimates,
    effective_events: twin === -1 ? 0 : current.ledger.first[twin + 1]! - current.ledger.first[twin]!,
  };
}

/** The options of a fit that serves `propose` for this input without another fit. */
export function fitOptions({
  twin_id,
  active,
  as_of,
  anonymous_as_raters,
  published,
}: Omit<LearnInput, 'events'>): FitOptions {
  return {
    as_of,
    published: publishing(published, twin_id, publishedModules(active)),
    ...(anonymous_as_raters === undefined ? {} : { anonymous_as_raters }),
  };
}

/** `fitTenant` and `propose` in one: a pure function of the whole ledger, so a re-run proposes the same. */
export function learn(input: LearnInput): Proposals {
  return propose(fitTenant(input.events, fitOptions(input)), input);
}
