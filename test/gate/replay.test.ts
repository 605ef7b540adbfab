import assert from 'node:assert/strict';
import { runGate } from '../../src/gate/gate.ts';
import type { GateReport, RatedAnswer } from '../../src/gate/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import type { Operation } from '../../src/persona/operation.ts';
import { answers, learned, statusOf } from './support.ts';

const BAN: Operation = {
  op: 'add',
  path: '/deterministic_rules/banned_phrases/zebra crossing',
  to: 'zebra crossing',
};
const GOOD = 'A reader who asks in haste gets one clear recommendation and the reason for it, nothing more than that.';
const HIT = `${GOOD} Mind the zebra crossing.`;
const fine = (count: number) => answers(count, 1, GOOD);
const hit = (count: number, score: -1 | 1, intent?: string) => answers(count, score, HIT, intent);

const gate = (rated: readonly RatedAnswer[], ...operations: Operation[]): GateReport =>
  runGate(learned(operations.length === 0 ? [BAN] : operations, rated));

describe('replay of liked answers', () => {
  it('needs 59 of them', () => {
    assert.equal(statusOf(gate(fine(58)), 'replay_liked'), 'inconclusive');
    assert.equal(gate(fine(58)).verdict, 'inconclusive');
    assert.equal(statusOf(gate(fine(59)), 'replay_liked'), 'pass');
  });

  it('allows 2 % and a bound of 5 %, whichever is the stricter', () => {
    // 1 of 92: 1.1 %, bound 5.05 %. 1 of 93: bound 4.998 %. 4 of 200: exactly 2 %, bound 4.5 %. 5 of 240: 2.08 %.
    const status = (bad: number, all: number) => statusOf(gate([...fine(all - bad), ...hit(bad, 1)]), 'replay_liked');
    assert.equal(status(1, 92), 'fail');
    assert.equal(status(1, 93), 'pass');
    assert.equal(status(4, 200), 'pass');
    assert.equal(status(5, 240), 'fail');
  });

  it('does not let one intent drown in the others', () => {
    const few = hit(4, 1, 'meta_or_system');
    const report = gate([...fine(400), ...few, ...answers(2, 1, GOOD, 'meta_or_system')]);
    assert.equal(statusOf(report, 'replay_liked'), 'fail');
    const spread = gate([...fine(400), ...few, ...answers(60, 1, GOOD, 'meta_or_system')]);
    assert.equal(statusOf(spread, 'replay_liked'), 'pass');
  });

  it('counts only what is newly broken', () => {
    const alreadyBroken = answers(80, 1, `${HIT} I hope this helps.`);
    const bothBans = gate([...alreadyBroken], BAN);
    assert.equal(statusOf(bothBans, 'replay_liked'), 'fail', 'a second banned phrase is a new violation');
    const band: Operation = {
      op: 'set',
      path: '/deterministic_rules/length_bands/advice_or_stance/min_words',
      from: 40,
      to: 60,
    };
    assert.equal(statusOf(gate(fine(80), band), 'replay_liked'), 'pass', 'too short before, too short now');
  });

  it('is skipped where no rule became stricter', () => {
    const widened: Operation = {
      op: 'set',
      path: '/deterministic_rules/length_bands/advice_or_stance/min_words',
      from: 40,
      to: 20,
    };
    const reports = [
      gate(fine(5), widened),
      gate(fine(5), { op: 'set', path: '/procedural_modules/factual.cite/confidence', from: 0.7, to: 0.72 }),
    ];
    for (const report of reports) {
      assert.equal(statusOf(report, 'replay_liked'), 'skipped');
      assert.equal(statusOf(report, 'replay_useful'), 'skipped');
      assert.equal(report.verdict, 'pass');
    }
  });

  it('sees a ban that comes into force with its module', () => {
    const active = structuredClone(starterPersona);
    active.procedural_modules.find((one) => one.id === 'clarify.assume_and_say_so')?.ban.push('zebra crossing');
    const activate: Operation = {
      op: 'set',
      path: '/procedural_modules/clarify.assume_and_say_so/status',
      from: 'draft',
      to: 'active',
    };
    const rated = [...fine(200), ...hit(40, 1, 'ambiguity_or_clarify')];
    assert.equal(statusOf(runGate(learned([activate], rated, active)), 'replay_liked'), 'fail');
  });
});

describe('replay of what a new rule flags', () => {
  const mostlyLiked = [...fine(150), ...answers(50, -1, GOOD)];

  it('passes where the flagged are surely worse, fails where they are not', () => {
    assert.equal(statusOf(gate([...mostlyLiked, ...hit(6, -1)]), 'replay_useful'), 'pass');
    assert.equal(statusOf(gate([...mostlyLiked, ...hit(2, -1), ...hit(3, 1)]), 'replay_useful'), 'fail');
  });

  it('is inconclusive under five answers or three raters, anonymous ones not counted', () => {
    assert.equal(statusOf(gate([...mostlyLiked, ...hit(4, -1)]), 'replay_useful'), 'inconclusive');
    const one = hit(6, -1).map((answer) => ({ ...answer, rater_id: 'the same' }));
    assert.equal(statusOf(gate([...mostlyLiked, ...one]), 'replay_useful'), 'inconclusive');
    const nobody = hit(6, -1).map((answer) => ({ ...answer, rater_id: null }));
    assert.equal(statusOf(gate([...mostlyLiked, ...nobody]), 'replay_useful'), 'inconclusive');
  });

  it('passes a rule that flags nothing', () => {
    assert.equal(statusOf(gate(mostlyLiked), 'replay_useful'), 'pass');
  });

  it('judges each rule on its own', () => {
    const second: Operation = { op: 'add', path: '/deterministic_rules/banned_phrases/blue door', to: 'blue door' };
    const liked = answers(3, 1, `${GOOD} Take the blue door.`);
    const report = gate([...mostlyLiked, ...fine(200), ...hit(6, -1), ...liked], BAN, second);
    assert.equal(statusOf(report, 'replay_useful'), 'inconclusive');
  });
});
