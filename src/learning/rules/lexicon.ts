import { normalizeText } from '../../persona/text.ts';
import type { RuleVote } from './types.ts';

/** What people complain of. The first four are reason codes of the API; the others are read from comments. */
const COMPLAINTS = [
  'off_topic',
  'incomplete',
  'incorrect',
  'hallucination',
  'no_source',
  'too_long',
  'unclear',
  'repetitive',
  'tone',
] as const;
export type Complaint = (typeof COMPLAINTS)[number];

const NOT = "(?:not|n't|never|barely|hardly)";
const SOURCE = '(?:sources?|citations?|references?|evidence|links?)';

/** English only: a comment in another language says nothing here, and its vote still counts. */
const LEXICON: Readonly<Record<Complaint, RegExp>> = {
  off_topic: words(
    `off[- ]topic|irrelevant|unrelated|beside the point|nothing to do with|anything to do with`,
    `${NOT} (?:\\w+ ){0,2}(?:relevant|related|relate|pertain|pertinent|in line with)`,
    `${NOT} (?:\\w+ )?(?:answer|address|respond to|get at) (?:\\w+ ){0,2}(?:question|query|what)`,
    `(?:wrong|another|different) (?:question|topic|subject)|${NOT} what (?:i|is|was|they) (?:\\w+ )?ask(?:ed|ing)?`,
  ),
  incomplete: words(
    `incomplete|insufficient|superficial|vague|cursory|not enough|lack(?:s|ing)? (?:of )?(?:\\w+ )?(?:details?|depth|information|info|specifics|context)`,
    `too (?:short|brief|basic|general|generic|little)|(?:very|only) (?:\\w+ )?basic|${NOT} (?:really )?(?:expand|elaborate|go into)`,
    `(?:needs?|could use|should (?:have|give|include)|give) (?:\\w+ ){0,2}more (?:details?|depth|information|info|context|examples?|specifics)|more details?`,
    `(?:only|just) (?:\\w+ )?(?:answers?|covers?|addresses) (?:\\w+ )?(?:part|some|half|a (?:part|bit|portion)|one)|partial(?:ly)? answers?|left out|leaves out`,
  ),
  incorrect: words(
    `incorrect|inaccura\\w+|untrue|false|mistaken|mistakes?|errors?|outdated|out of date|misleading|misinformation|wrong(?! (?:question|topic|subject))`,
    `${NOT} (?:\\w+ )?(?:true|correct|accurate|right)|no longer (?:true|correct|valid|exists?)`,
  ),
  hallucination: words(
    `hallucinat\\w+|fabricat\\w+|fictitious|made[- ](?:it |this |that |things |stuff )?up|mak(?:es|ing) (?:it |this |that |things |stuff )?up`,
    `invent(?:s|ed|ing)|${NOT} (?:actually |really )?exist|non-?existent`,
  ),
  no_source: words(
    `(?:no|without(?: an?| any)?|missing|lacks?|lacking|needs?|add|cite|give) (?:\\w+ )?${SOURCE}|unsourced|uncited|unsupported|unsubstantiated`,
    `${NOT} (?:\\w+ )?(?:supported|backed up|substantiated|sourced|cited)|(?:unreliable|invalid|bad|biased) ${SOURCE}|${NOT} (?:an? )?(?:reliable|relevant|valid) source`,
  ),
  too_long: words(
    `too (?:long|wordy|lengthy|verbose|detailed)|too much (?:text|information|info|detail)|verbose|wordy|lengthy|long-?winded|rambl(?:es?|ing)|tl;?dr`,
    `${NOT} (?:\\w+ )?concise|more concise|shorter|get to the point|wall of text`,
  ),
  unclear: words(
    `unclear|confus(?:es|ed|ing)|incoherent|convoluted|jargon|gibberish|(?:hard|difficult|impossible) to (?:understand|follow|read)`,
    `${NOT} (?:\\w+ )?(?:clear|understandable|readable|make (?:any )?sense)|makes? no sense|lacks? clarity|(?:badly|poorly) (?:written|worded|structured|organi[sz]ed)`,
  ),
  repetitive: words(`repetiti\\w+|repeats?(?: itself)?|redundan\\w+|over and over|the same thing (?:again|twice)`),
  tone: words(
    `rude|condescending|patroni[sz]ing|arrogant|disrespectful|offensive|insult\\w*|unfriendly|impolite|unprofessional|preachy|sarcas\\w+|robotic`,
    `(?:bad|wrong|cold|harsh) tone|the tone|too (?:formal|casual|familiar|cold|harsh)`,
  ),
};

/** Whole words; a contraction such as "doesn't" ends in the "n't" of NOT. */
function words(...alternatives: string[]): RegExp {
  const any = alternatives.join('|').replaceAll(NOT, "(?:\\w+n't|not|never|barely|hardly)");
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})(?![\\p{L}\\p{N}_])`, 'gu');
}

/** "It is not off topic": a denial up to three words ahead. "Not only" is none. */
const DENIED = /(?:^|[^\p{L}\p{N}_])(?:not(?! only| just)|never|no|\w+n't|without)(?: \w+){0,2} $/u;

const holds = (text: string, pattern: RegExp): boolean =>
  Array.from(text.matchAll(pattern)).some(({ index }) => !DENIED.test(text.slice(Math.max(0, index - 60), index)));

/**
 * What a vote complains of, in a fixed order; nothing for a thumb up. The request's reason code decides where it names a
 * complaint, else a lexicon over the comment. Only names of complaints leave this function, never a word of the comment.
 */
export function complaintsOf({ score, reason, comment }: Pick<RuleVote, 'score' | 'reason' | 'comment'>): Complaint[] {
  if (score !== -1) return [];
  const coded = COMPLAINTS.find((complaint) => complaint === reason);
  if (coded !== undefined) return [coded];
  if (comment === null) return [];
  const text = normalizeText(comment);
  return COMPLAINTS.filter((complaint) => holds(text, LEXICON[complaint]));
}
