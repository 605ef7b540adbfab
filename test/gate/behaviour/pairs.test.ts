import assert from 'node:assert/strict';
import fc from 'fast-check';
import { channelIsolationCases, regressionCases } from '../../../src/gate/cases/built-in.ts';
import { beforeAsking } from '../../../src/gate/behaviour/check-behaviour.ts';
import { CONTROLS } from '../../../src/gate/behaviour/controls.ts';
import { MIN_PAIRS, planPairs, type PairPlan } from '../../../src/gate/behaviour/pairs.ts';
import { questionsOf, type RecordedQuestion } from '../../../src/gate/behaviour/questions.ts';
import { regressionCaseSchema } from '../../../src/gate/types.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { INTENTS } from '../../../src/persona/intents.ts';
import { applyOperations } from '../../../src/persona/manifest.ts';
import type { Operation } from '../../../src/persona/operation.ts';

const builtIn = [...regressionCases, ...channelIsolationCases];
const adversarial = builtIn.filter((one) => one.adversarial);
const recorded = (count: number, intent_label = 'factual_with_evidence'): RecordedQuestion[] =>
  Array.from({ length: count }, (_, n) => ({
    event_id: `event-${intent_label}-${n}`,
    intent_label,
    channel: 'public',
    query: `What is known of matter ${n}?`,
  }));

const everywhere: Operation = { op: 'add', path: '/deterministic_rules/banned_phrases/at scale', to: 'at scale' };
const factual: Operation = {
  op: 'add',
  path: '/procedural_modules/factual.cite/do/Name the year.',
  to: 'Name the year.',
};
const inputOf = (operation: Operation, questions: readonly RecordedQuestion[] = [], own = [] as typeof builtIn) => ({
  active: starterPersona,
  candidate: applyOperations(starterPersona, [operation]),
  cases: own,
  recorded: questions,
});

describe('the questions that both versions answer', () => {
  it('are each asked once: case, spacing and quotes make no other, intent and channel do', () => {
    const [one] = recorded(1);
    assert.ok(one);
    const same = { ...one, event_id: 'e2', query: `  ${one.query.toUpperCase()} ` };
    const others = [
      { ...one, event_id: 'e3', channel: 'owner' as const },
      { ...one, event_id: 'e4', intent_label: 'advice_or_stance' },
      { ...one, event_id: 'e5', query: '   ' },
    ];
    assert.equal(questionsOf([], [one, same, ...others]).length, questionsOf([], []).length + 3);
  });

  it('begin with every adversarial case, then come the twin’s own, in the same order for any order of the inputs', () => {
    const own = recorded(40);
    const ids = questionsOf([], own).map(({ id }) => id);
    assert.deepEqual(ids.slice(0, adversarial.length).sort(), adversarial.map(({ id }) => id).sort());
    assert.ok(ids.slice(adversarial.length, adversarial.length + 40).every((id) => id.startsWith('event-')));
    fc.assert(
      fc.property(fc.shuffledSubarray(own, { minLength: 40 }), (shuffled) => {
        assert.deepEqual(
          questionsOf([], shuffled).map(({ id }) => id),
          ids,
        );
      }),
      { numRuns: 10 },
    );
  });

  it('carry every adversarial case that asks them', () => {
    const twice = regressionCaseSchema.parse({ ...adversarial[0], id: 'own.twice', answers: [] });
    const question = questionsOf([twice], []).find(({ query }) => query === twice.query);
    assert.deepEqual(new Set(question?.adversarial.map(({ id }) => id)), new Set([adversarial[0]?.id, 'own.twice']));
  });
});

describe('the pairs of a candidate', () => {
  it('are the questions whose prompt differs; so many of the rest are ties that there are 100', () => {
    const { asked, same, changed } = planPairs(inputOf(factual), 500);
    assert.ok(asked.length > 0 && asked.every(({ intent }) => intent === 'factual_with_evidence'));
    assert.deepEqual([changed, same], [asked.length, MIN_PAIRS - asked.length]);
    for (const { active, candidate } of asked) assert.notEqual(active.prompt, candidate.prompt);
  });

  it('are as many as the calls pay for, adversarial ones and the twin’s own first', () => {
    const plan = planPairs(inputOf(everywhere, recorded(200)), 500);
    assert.deepEqual([plan.asked.length, plan.same, plan.calls], [120, 0, 499]);
    assert.deepEqual(
      plan.asked.flatMap((pair) => pair.adversarial.map(({ id }) => id)).sort(),
      adversarial.map(({ id }) => id).sort(),
    );
    assert.ok(plan.changed > 300);
    assert.equal(planPairs(inputOf(everywhere, recorded(200)), 2_000).asked.length, plan.changed);
  });

  it('are not cut down to a budget: 100, and each adversarial case, or none', () => {
    const plan = planPairs(inputOf(everywhere), 100);
    assert.equal(plan.asked.length, MIN_PAIRS);
    const outcome = beforeAsking(plan, 100);
    assert.equal(outcome?.status, 'inconclusive');
    assert.match(outcome.detail, /takes 419 calls .* may make 100: raise LLM_GATE_MAX_CALLS/);
    assert.equal(beforeAsking(plan, 419), null);
    const own = recorded(120).map(({ event_id, query }) =>
      regressionCaseSchema.parse({ id: event_id, query, intent_label: 'meta_or_system', adversarial: true }),
    );
    assert.equal(planPairs(inputOf(everywhere, [], own), 500).asked.length, 120 + adversarial.length);
  });

  it('are made of the other channel’s questions too where only one channel’s prompt changed', () => {
    const owners: Operation = {
      op: 'add',
      path: '/procedural_modules/owner.working_notes/do/Name the year.',
      to: 'Name the year.',
    };
    const { asked } = planPairs(inputOf(owners), 500);
    assert.ok(asked.length >= 13 && asked.every(({ channel }) => channel === 'owner'));
    assert.ok(asked.every((pair) => pair.id.endsWith('/owner') === !builtIn.some(({ id }) => id === pair.id)));
    const [first] = asked.filter(({ id }) => id.endsWith('/owner'));
    assert.ok(first);
    const theirs = { event_id: 'e', intent_label: first.intent, channel: 'owner', query: first.query } as const;
    assert.equal(planPairs(inputOf(owners, [theirs]), 500).asked.length, asked.length, 'each once');
    const both = planPairs(inputOf(factual), 500).asked;
    assert.ok(both.every(({ id }) => builtIn.some((one) => one.id === id)));
  });

  it('of a candidate whose prompts are all the same are ties', () => {
    const { asked, same } = planPairs({ ...inputOf(factual), candidate: starterPersona }, 500);
    assert.deepEqual([asked.length, same], [0, MIN_PAIRS]);
  });

  it('show the public no text of the owner’s', () => {
    for (const { channel, active, candidate } of planPairs(inputOf(everywhere), 500).asked) {
      if (channel !== 'public') continue;
      for (const { prompt } of [active, candidate]) assert.ok(!prompt.includes('planning notebook'));
    }
  });

  it('say how many there are when they are too few', () => {
    const few: PairPlan = { asked: [], same: 99, changed: 0, calls: 16 };
    const outcome = beforeAsking(few, 500);
    assert.equal(outcome?.status, 'inconclusive');
    assert.match(outcome.detail, /Only 99 questions .* 100 are needed/);
  });
});

describe('the judge’s controls', () => {
  it('are one an intent, with an answer to it and one to another question', () => {
    assert.equal(CONTROLS.length, INTENTS.length);
    for (const { query, good, bad } of CONTROLS) {
      const answers = builtIn.find((one) => one.query === query)?.answers.map(({ text }) => text) ?? [];
      assert.ok(answers.includes(good) && !answers.includes(bad) && bad !== '');
    }
  });
});
