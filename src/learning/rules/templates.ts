import { INTENTS, type Intent } from '../../persona/intents.ts';
import type { PersonaSpec } from '../../persona/spec.ts';
import { formatPointer } from '../../persona/pointer.ts';
import { complainedBand, type MinedBand, type Side } from './bands.ts';
import { type CountedVote, type CountedVotes, ratersOf } from './counted-votes.ts';
import type { Complaint } from './lexicon.ts';
import { complaintProposal, orElse, type RuleProposal } from './proposal.ts';
import { hasStep, newModuleOperation, stepOperations } from './targets.ts';

const MIN_EVENTS = 5;
const MIN_RATERS = 3;
/** Of the intent's thumbs down: 5 complaints among 10,000 are what chance and a lexicon's errors give. */
const MIN_SHARE = 0.02;

interface Template {
  /** What evidence and summaries call it. */
  readonly complaint: string;
  readonly from: readonly Complaint[];
  readonly step: string;
  /** The side of the length band that answers the complaint; the step is for where recorded answers do not bear it out. */
  readonly band?: Side;
  /** What asks for the contrary: only the more frequent of the two is heard. */
  readonly against?: Complaint;
  readonly ownerOnly?: true;
}

/** Fixed texts: nothing that a person wrote comes into a prompt this way. */
const TEMPLATES: readonly Template[] = [
  {
    complaint: 'off_topic',
    from: ['off_topic'],
    step: 'Answer the question that was asked before anything else; leave out what does not bear on it.',
  },
  {
    complaint: 'incomplete',
    from: ['incomplete'],
    step: 'Cover every part of the question, with the details that a reader needs in order to act.',
    band: 'min_words',
    against: 'too_long',
  },
  {
    complaint: 'too_long',
    from: ['too_long'],
    step: 'Stop when the question is answered; leave out what was not asked for.',
    band: 'max_words',
    against: 'incomplete',
  },
  {
    complaint: 'unclear',
    from: ['unclear'],
    step: 'Write short sentences with one thought each, and put the most important one first.',
  },
  {
    complaint: 'incorrect_or_no_source',
    from: ['incorrect', 'hallucination', 'no_source'],
    step: 'Name the source of every claim that a reader may want to check.',
  },
  {
    complaint: 'incorrect_or_made_up',
    from: ['incorrect', 'hallucination'],
    step: 'Say openly what you are not sure of, and state as fact only what you can support.',
  },
  {
    complaint: 'repetitive',
    from: ['repetitive'],
    step: 'Say each thing once; do not repeat the question or an earlier sentence.',
  },
  { complaint: 'tone', from: ['tone'], step: 'Keep a calm and friendly tone.', ownerOnly: true },
];

/** How a persona sounds is its owner's: the complaint is handed on, with the rule that the owner might add. */
function forOwner({ complaint, step }: Template, complaining: readonly CountedVote[], disliked: number): RuleProposal {
  const path = formatPointer(['deterministic_rules', 'anti_style_rules', step]);
  return { ...complaintProposal({ op: 'add', path, to: step }, complaint, complaining, disliked), ownerOnly: true };
}

function stepProposal(
  spec: PersonaSpec,
  intent: Intent,
  { complaint, step }: Template,
  complaining: readonly CountedVote[],
  disliked: number,
): RuleProposal | null {
  if (hasStep(spec, intent, step)) return null;
  const places = stepOperations(spec, intent, step);
  const [first] = places;
  if (first !== undefined) return { ...complaintProposal(first, complaint, complaining, disliked), sameAs: places };
  return { ...complaintProposal(newModuleOperation(intent, step), complaint, complaining, disliked), ownerOnly: true };
}

/**
 * What the complaints of an intent ask for, each from at least 5 thumbs down by at least 3 people, and at least 2 % of
 * the intent's thumbs down. A band that recorded answers bear out is better than a step, because the gate can test it.
 */
function ofIntent(spec: PersonaSpec, intent: Intent, votes: CountedVotes, bands: readonly MinedBand[]): RuleProposal[] {
  const disliked = votes.all.filter((vote) => vote.intent === intent && vote.score === -1);
  return TEMPLATES.flatMap((template) => {
    const complaining = disliked.filter((vote) => template.from.some((one) => vote.complaints.includes(one)));
    if (complaining.length < MIN_EVENTS || ratersOf(complaining) < MIN_RATERS) return [];
    if (complaining.length / disliked.length < MIN_SHARE) return [];
    const { against } = template;
    const contrary = disliked.filter((vote) => against !== undefined && vote.complaints.includes(against));
    if (complaining.length <= contrary.length) return [];
    if (template.ownerOnly) return [forOwner(template, complaining, disliked.length)];
    const { band: side } = template;
    const step = stepProposal(spec, intent, template, complaining, disliked.length);
    if (side === undefined) return step === null ? [] : [step];
    const mined = bands.find((band) => band.intent === intent && band.side === side)?.proposal ?? null;
    const chain = [mined, complainedBand(spec, votes.rated, intent, side), step].flatMap((one) => one ?? []);
    const first = chain.reduceRight<RuleProposal | null>((rest, one) => orElse(one, rest), null);
    return first === null ? [] : [first];
  });
}

/** A mined band that a complaint asks for too is the complaint's first choice, so it is among these. */
export function templateProposals(spec: PersonaSpec, votes: CountedVotes, bands: readonly MinedBand[]): RuleProposal[] {
  return INTENTS.flatMap((intent) => ofIntent(spec, intent, votes, bands));
}
