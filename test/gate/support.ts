import { existsSync, readFileSync } from 'node:fs';
import type { CheckName, GateInput, GateReport, RatedAnswer } from '../../src/gate/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { learnedAs as learnedInput } from '../../src/gate/selftest-input.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import type { Operation } from '../../src/persona/operation.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { nextVersion } from '../../src/persona/version.ts';

const DATA = new URL('../../../shared/data/expertqa_usefulness.jsonl', import.meta.url);

/** 478 answers that experts rated, or null where the data is not beside the repository. */
export function recordedAnswers(): RatedAnswer[] | null {
  if (!existsSync(DATA)) return null;
  const lines = readFileSync(DATA, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const { event_id, score, rater_id, intent_label, answer } = JSON.parse(line) as RatedAnswer;
    return { event_id, score, rater_id, intent_label, answer };
  });
}

export const NO_DATA = `skipped: ${DATA.pathname.split('/').slice(-2).join('/')} is not beside the repository`;

/** A learned candidate in order in every way, made of the operations. */
export function learned(
  operations: readonly Operation[],
  rated: readonly RatedAnswer[] = [],
  active = starterPersona,
): GateInput {
  return learnedAs(
    { ...applyOperations(active, operations), version: nextVersion([], active.version, 'patch') },
    rated,
    active,
  );
}

export function learnedAs(
  candidate: PersonaSpec,
  rated: readonly RatedAnswer[] = [],
  active = starterPersona,
): GateInput {
  return learnedInput(active, candidate, { rated });
}

export function statusOf(report: GateReport, name: CheckName): string | undefined {
  return report.checks.find((check) => check.name === name)?.status;
}

export function failed(report: Pick<GateReport, 'checks'>): CheckName[] {
  return report.checks.filter((check) => check.status === 'fail').map((check) => check.name);
}

/** Answers that all read the same but for their number, by as many raters. */
export function answers(count: number, score: -1 | 1, text: string, intent_label = 'advice_or_stance'): RatedAnswer[] {
  return Array.from({ length: count }, (_, index) => ({
    event_id: `${score}-${intent_label}-${text.length}-${index}`,
    score,
    rater_id: `rater-${index % 7}`,
    intent_label,
    answer: text,
  }));
}
