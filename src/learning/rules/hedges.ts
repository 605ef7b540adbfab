import type { PersonaSpec } from '../../persona/spec.ts';
import { normalizeText, phraseSpans } from '../../persona/text.ts';
import { stringsIn } from '../../gate/changes.ts';

/**
 * What marks honest doubt, or a limit honestly named, in any phrase (after Hyland, Hedging in Scientific Research
 * Articles, 1998). Readers dislike such answers, and an answer without them is worse: they may never be banned.
 */
const MARKERS = [
  "not sure; n't sure; not certain; uncertain; unsure; unclear; not clear; not entirely; not know",
  "n't know; not aware; as far as; to my knowledge; to the best of; i know; i think; i believe; may",
  'might; could be; could have; would depend; it depends; depends on; possible; possibly; perhaps',
  "probably; likely; seem; seems; appear; appears; suggest; suggests; approximately; cannot; can't",
  "can not; could not; couldn't; unable; not able; not have; n't have; not find; no evidence",
  'no information; no data; not enough; insufficient; limited evidence; evidence is; not available',
  'not provide; not contain; not mention; not specify; not verified; not confirmed; sorry; apologize',
  'apologise; my mistake; consult; seek; professional; emergency; a doctor',
].flatMap((line) => line.split('; '));

/** Words on either side of a marker that belong to the hedge: of "it might be wrong" nothing may be banned. */
const REACH = 2;

/** Start of a span after it takes in up to `REACH` words that stand before it, one space away each. */
function reachBack(text: string, start: number): number {
  let from = start;
  for (let words = 0; words < REACH && text[from - 1] === ' '; words++) from = text.lastIndexOf(' ', from - 2) + 1;
  return from;
}

/** End of a span after the rest of its last word and up to `REACH` words more. */
function reachOn(text: string, end: number): number {
  const endOfWord = (from: number) => {
    const space = text.indexOf(' ', from);
    return space === -1 ? text.length : space;
  };
  let to = endOfWord(end);
  for (let words = 0; words < REACH && to < text.length; words++) to = endOfWord(to + 1);
  return to;
}

/**
 * Takes honest hedges out of a normalised text, each with its neighbours, so that no piece of one is mined: a miner that
 * may not have "i am not sure" would else find "am not" or "sure what". Time is linear in the text, whatever it holds.
 */
export function hedgeRemover({ deterministic_rules }: PersonaSpec): (text: string) => string {
  const escaped = (phrase: string) => phrase.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/^n't/, "\\w+n't");
  const hedges = [...MARKERS, ...deterministic_rules.allowed_hedges.map(normalizeText)].map(escaped);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${hedges.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
  return (text) => {
    const kept: string[] = [];
    let at = 0;
    for (const { 0: hedge, index } of text.matchAll(pattern)) {
      const start = reachBack(text, index);
      if (start > at) kept.push(text.slice(at, start));
      at = Math.max(at, reachOn(text, index + hedge.length));
    }
    return [...kept, text.slice(at)].join('|');
  };
}

/** A contraction's "n't" stands inside a word, so such a marker is looked for as plain text. */
const marks = (phrase: string, marker: string) =>
  marker.startsWith("n't") ? phrase.includes(marker) : phraseSpans(phrase, marker).length > 0;

const overlaps = (a: string, b: string) => phraseSpans(a, b).length > 0 || phraseSpans(b, a).length > 0;

/**
 * Says which phrases may not be banned: honest hedges (the persona's and the markers above), what the persona itself
 * says or is told to do, and what a ban covers already. Phrases must be normalised.
 */
export function immunity(spec: PersonaSpec): (phrase: string) => boolean {
  const { banned_phrases, allowed_hedges } = spec.deterministic_rules;
  const bans = [...banned_phrases, ...spec.procedural_modules.flatMap((module) => module.ban)].map(normalizeText);
  const hedges = allowed_hedges.map(normalizeText);
  const own = stringsIn([
    spec.constitution,
    spec.decision_policy,
    spec.stance_values,
    spec.identity_voice,
    spec.interaction_style,
    spec.canonical_examples.map((example) => example.response),
    spec.procedural_modules.map((module) => [module.do, module.say_style]),
  ]).map(normalizeText);
  return (phrase) =>
    MARKERS.some((marker) => marks(phrase, marker)) ||
    hedges.some((hedge) => overlaps(hedge, phrase)) ||
    bans.some((ban) => overlaps(ban, phrase)) ||
    own.some((text) => phraseSpans(text, phrase).length > 0);
}
