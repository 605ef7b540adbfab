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
import { proposeRules } from './rules/propose-rules.ts';
import type { RulesInput } from './rules/types.ts';
import type { ModelAnswers } from './suggestions/propose-suggestions.ts';
import { moduleEvidence } from './suggestions/subjects.ts';
import type {
  LearnInput,
  ModuleEstimate,
  Proposals,
  PublishedModule,
  PublishedTexts,
  Veto,
  Withheld,
} from './types.ts';
import { moduleUsage } from './usage.ts';
import { suppressedBy } from './veto.ts';

const MAX_OPERATIONS = 12;
const MAX_STATUS_CHANGES = 3;

export interface ProposeInput {
  readonly twin_id: string;
  readonly active: PersonaSpec;
  readonly vetoes: readonly Veto[];
  /** Without it only statuses and confidences are learned. */
  readonly rules?: Pick<RulesInput, 'votes' | 'cases'>;
  /** Given: also what a language model should be asked, and with its answers what it suggests. Needs `rules`. */
  readonly suggesting?: { readonly answers: ModelAnswers | null };
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
function select(view: TwinView, proposals: readonly Proposal[], vetoes: readonly Veto[], limit: number) {
  const operations: Operation[] = [];
  const withheld: Withheld[] = [];
  const refitWithout = refitsOf(view.fit);
  let statusChanges = 0;
  for (const proposal of proposals) {
    const { operation, module, status } = proposal;
    const veto = suppressedBy(operation, proposal, vetoes);
    if (veto !== null) {
      withheld.push({ operation, reason: 'veto', veto_id: veto.id });
    } else if (operations.length >= limit || (status !== null && statusChanges === MAX_STATUS_CHANGES)) {
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

/** Statuses first, then rules, then confidences, as long as there is room: a confidence can wait for the next run. */
function choose(
  view: TwinView,
  proposals: readonly Proposal[],
  estimates: readonly ModuleEstimate[],
  { rules, suggesting, ...input }: ProposeInput,
) {
  const { vetoes } = input;
  const isStatus = ({ status }: Proposal): boolean => status !== null;
  const statuses = select(view, proposals.filter(isStatus), vetoes, MAX_OPERATIONS);
  const { as_of, anonymous_as_raters = false } = view.fit.options;
  const learned: ReturnType<typeof proposeRules> =
    rules === undefined
      ? { operations: [], withheld: [] }
      : proposeRules({
          ...input,
          ...rules,
          as_of,
          anonymous_as_raters,
          before: statuses.operations,
          limit: MAX_OPERATIONS - statuses.operations.length,
          ...(suggesting === undefined
            ? {}
            : { suggesting: { ...moduleEvidence(view.fit, input.twin_id, estimates), ...suggesting } }),
        });
  const before = [...statuses.operations, ...learned.operations];
  const others = proposals.filter((proposal) => !isStatus(proposal));
  const confidences = select(view, others, vetoes, MAX_OPERATIONS - before.length);
  return {
    operations: [...before, ...confidences.operations],
    withheld: [...statuses.withheld, ...learned.withheld, ...confidences.withheld],
    ...(learned.suggestions === undefined ? {} : { suggestions: learned.suggestions }),
  };
}

/**
 * What the evidence of a tenant speaks for in one twin: at most 12 operations, at most 3 of them status changes, and
 * those that a rule withheld. A fit whose `published` lacks the twin's current texts is made anew, which costs its time.
 */
export function propose(fit: TenantFit, input: ProposeInput): Proposals {
  const { twin_id, active } = input;
  const modules = publishedModules(active);
  const current = fitFor(fit, twin_id, modules);
  const view = viewTwin(current, twin_id);
  const usage = moduleUsage(current, twin_id);
  const estimates = estimateModules(view, modules, usage);
  const twin = current.ledger.twins.indexOf(twin_id);
  return {
    ...choose(view, proposedChanges(view, modules, estimates, usage), estimates, input),
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
