import assert from 'node:assert/strict';
import { CHECKS } from '../../src/gate/checks/table.ts';
import { runGate } from '../../src/gate/gate.ts';
import { selfTest, type SelfTestReport } from '../../src/gate/selftest.ts';
import { PLANTS } from '../../src/gate/selftest-plants.ts';
import type { CheckName, GateInput, GateReport } from '../../src/gate/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { answers, NO_DATA, recordedAnswers } from './support.ts';

const recorded = recordedAnswers();
const missed = ({ checks }: SelfTestReport) => checks.flatMap((check) => check.missed);
const undecided = ({ undecidable }: SelfTestReport) => undecidable.map(({ check }) => check);

/** A gate in which one check always has the same status. */
const rigged =
  (name: CheckName, status: 'pass' | 'fail' | 'inconclusive') =>
  (input: GateInput): GateReport => {
    const report = runGate(input);
    return {
      ...report,
      verdict: status === 'pass' ? report.verdict : status,
      checks: report.checks.map((check) => (check.name === name ? { ...check, status } : check)),
    };
  };

describe("the gate's self-test", () => {
  it('plants a regression for every check', () => {
    const tried = new Set(PLANTS.map(({ check }) => check));
    assert.deepEqual(
      CHECKS.map(({ name }) => name).filter((name) => !tried.has(name)),
      [],
    );
  });

  it('on the starter persona and recorded answers: A/A passes, every planted regression is caught', function () {
    if (recorded === null) {
      console.log(`      ${NO_DATA}`);
      this.skip();
    }
    const report = selfTest({ active: starterPersona, cases: [], rated: recorded });
    assert.deepEqual(missed(report), []);
    assert.deepEqual(report.aa, { verdict: 'pass', failed: [] });
    assert.equal(report.as_expected, true);
    assert.deepEqual(report.undecidable, []);
    assert.equal(report.checks.flatMap(({ caught }) => caught).length, PLANTS.length);
  });

  it('on made-up answers too', () => {
    const text = 'A reader who asks in haste gets one clear recommendation and the reason for it.';
    const rated = [...answers(80, 1, text), ...answers(20, -1, `${text} Or not.`)];
    const report = selfTest({ active: starterPersona, cases: [], rated });
    assert.deepEqual([missed(report), undecided(report), report.as_expected], [[], [], true]);
  });

  it('without rated answers says which checks cannot decide, and why', () => {
    const report = selfTest({ active: starterPersona, cases: [], rated: [] });
    assert.equal(report.as_expected, true);
    assert.deepEqual(undecided(report), ['replay_liked', 'replay_useful']);
    assert.match(report.undecidable[0]?.why.join() ?? '', /0 liked answers .* 59 are needed/);
  });

  it('a persona with nothing in it is decidable where it can be', () => {
    const report = selfTest({ active: personaSpecSchema.parse({}), cases: [], rated: [] });
    assert.deepEqual([report.aa.verdict, missed(report), report.as_expected], ['pass', [], true]);
    const decided = report.checks.filter(({ caught }) => caught.length > 0).map(({ check }) => check);
    assert.deepEqual(decided, ['lineage', 'provenance']);
  });

  it("judges by the twin's own cases", () => {
    const active = personaSpecSchema.parse({ procedural_modules: [{ id: 'own.step', do: ['Say it in verse.'] }] });
    const plan = { includes: [], excludes: [], module_ids: ['own.step'] };
    const own = { id: 'own', intent_label: 'summary_or_recap', query: 'q', channel: 'public' as const };
    const cases = [{ ...own, adversarial: false, answers: [], plan }];
    const golden = (report: SelfTestReport) => report.checks.find(({ check }) => check === 'golden')?.caught.length;
    assert.equal(golden(selfTest({ active, cases, rated: [] })), 1);
    assert.equal(golden(selfTest({ active, cases: [], rated: [] })), 0);
  });

  for (const { name } of CHECKS.filter((check) => !check.name.startsWith('replay'))) {
    it(`notices a gate whose ${name} is blind, or undecided`, () => {
      for (const status of ['pass', 'inconclusive'] as const) {
        const report = selfTest({ active: starterPersona, cases: [], rated: [] }, rigged(name, status));
        assert.equal(report.as_expected, false);
        const blind = report.checks.find(({ check }) => check === name);
        assert.deepEqual(
          blind?.missed,
          PLANTS.filter(({ check }) => check === name).map(({ what }) => ({ what, status })),
        );
      }
    });
  }

  it('notices a gate that refuses everything', () => {
    const report = selfTest({ active: starterPersona, cases: [], rated: [] }, rigged('budget', 'fail'));
    assert.deepEqual([report.as_expected, report.aa], [false, { verdict: 'fail', failed: ['budget'] }]);
  });
});
