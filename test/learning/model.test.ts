import assert from 'node:assert/strict';
import { seededRandom } from '../../src/cli/demo/random.ts';
import { fitTenant, withoutRater } from '../../src/learning/fit.ts';
import { learn } from '../../src/learning/learn.ts';
import { predict, predictLogit } from '../../src/learning/predict.ts';
import { AS_OF, persona, vote } from './support.ts';

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

const NAMES = ['cite', 'brief', 'steps'];

/** 48 votes on two twins over 94 days: named raters, anonymous ones and a judge. */
const EVENTS = Array.from({ length: 48 }, (_, i) =>
  vote({
    id: `e${i}`,
    twin: i % 3 === 0 ? 't1' : 't0',
    rater: i % 5 === 0 ? null : `r${i % 7}`,
    score: (i * 7) % 5 < 3 ? 1 : -1,
    intent: `i${Math.floor((i % 4) / 2)}`,
    modules: NAMES.filter((_name, bit) => (i >> bit) & 1),
    ageDays: 2 * i,
    source: i % 11 === 0 ? 'judge' : 'user',
  }),
);

// From an independent dense fit of the same model in NumPy: Newton steps with numpy.linalg.solve, covariance by inv.
const EXPECTED = [
  {
    twin: 't0',
    id: 'brief',
    mean: -0.100694687489,
    sd: 0.524064623688,
    p_harm: 0.424854166463,
    confidence: 0.601653353857,
    low: 0.435973308529,
    high: 0.746959158928,
    effective_n: 9.402116931563,
    human_raters: 7,
  },
  {
    twin: 't0',
    id: 'cite',
    mean: 0.091348843168,
    sd: 0.487567208937,
    p_harm: 0.275068024888,
    confidence: 0.624507282375,
    low: 0.471544170185,
    high: 0.756150741547,
    effective_n: 9.51426243305,
    human_raters: 6,
  },
  {
    twin: 't0',
    id: 'steps',
    mean: -0.167136801183,
    sd: 0.487227202861,
    p_harm: 0.47311195826,
    confidence: 0.593484834775,
    low: 0.439203277882,
    high: 0.731322953965,
    effective_n: 9.365931574553,
    human_raters: 7,
  },
  {
    twin: 't1',
    id: 'brief',
    mean: -0.008507203446,
    sd: 0.537390115729,
    p_harm: 0.360793533983,
    confidence: 0.648429255166,
    low: 0.480924247729,
    high: 0.785947330581,
    effective_n: 5.409414203855,
    human_raters: 4,
  },
  {
    twin: 't1',
    id: 'cite',
    mean: 0.039916834784,
    sd: 0.509497874005,
    p_harm: 0.318860078665,
    confidence: 0.654070224796,
    low: 0.496045512161,
    high: 0.784114881927,
    effective_n: 5.40975858201,
    human_raters: 5,
  },
  {
    twin: 't1',
    id: 'steps',
    mean: -0.000144297387,
    sd: 0.509917452771,
    p_harm: 0.347552247117,
    confidence: 0.64940506561,
    low: 0.490785071903,
    high: 0.78070061,
    effective_n: 5.35374529682,
    human_raters: 5,
  },
];

describe('the model', () => {
  const active = persona(NAMES.map((id) => ({ id })));

  for (const expected of EXPECTED) {
    it(`estimates ${expected.id} of ${expected.twin} as the dense fit does`, () => {
      const { modules } = learn({ twin_id: expected.twin, active, events: EVENTS, as_of: AS_OF, vetoes: [] });
      const { lift, p_harm, confidence, band, effective_n, human_raters } = modules.find(
        ({ id }) => id === expected.id,
      )!;
      close(lift.mean, expected.mean, 1e-8);
      close(lift.sd, expected.sd, 1e-8);
      close(p_harm, expected.p_harm, 1e-8);
      close(confidence, expected.confidence, 1e-8);
      close(band.low, expected.low, 1e-8);
      close(band.high, expected.high, 1e-8);
      close(effective_n, expected.effective_n, 1e-9);
      assert.equal(human_raters, expected.human_raters);
    });
  }

  for (const [index, mean, variance, p] of [
    [0, 0.6726217940039806, 0.8304427127809666, 0.642008193630417],
    [5, 0.5052878569202975, 0.4202095995274844, 0.6149427051450183],
    [7, 0.3198099644048742, 0.44215012518179597, 0.5732703087473779],
  ] as const) {
    it(`predicts answer ${index} as the dense fit does`, () => {
      const fit = fitTenant(EVENTS, { as_of: AS_OF });
      const logit = predictLogit(fit, EVENTS[index]!);
      close(logit.mean, mean, 1e-8);
      close(logit.variance, variance, 1e-8);
      close(predict(fit, EVENTS[index]!), p, 1e-8);
    });
  }

  it('predicts from the priors where it has seen nothing', () => {
    const answer = { twin_id: 'new', intent_label: 'new', modules: [{ id: 'new', hash: '' }] };
    const nothing = predictLogit(fitTenant([], { as_of: AS_OF }), answer);
    close(nothing.mean, Math.log(0.7 / 0.3), 1e-12);
    close(nothing.variance, 1 + 0.5 ** 2 + 0.4 ** 2 + 0.3 ** 2 + 0.5 ** 2 + 0.35 ** 2, 1e-12);
    const other = predictLogit(fitTenant(EVENTS, { as_of: AS_OF }), answer);
    assert.ok(other.mean < nothing.mean, 'the tenant is worse than the prior');
    assert.ok(other.variance < nothing.variance, 'and better known');
  });

  it('gives a module that is new to a twin the effect that it has in the others', () => {
    const fit = fitTenant(
      [
        vote({ id: 'own', twin: 'b' }),
        ...EVENTS.map((event) => ({ ...event, modules: [{ id: 'm', hash: '' }], score: -1 as const })),
      ],
      { as_of: AS_OF },
    );
    const at = (id: string) => predictLogit(fit, { twin_id: 'b', intent_label: 'i', modules: [{ id, hash: '' }] }).mean;
    assert.ok(at('m') < at('unknown') - 0.1);
  });

  it('leaves a rater out exactly as a new fit of the others does', () => {
    const random = seededRandom(3);
    const events = Array.from({ length: 400 }, (_, i) =>
      vote({
        id: `e${i}`,
        twin: `t${Math.floor(random() * 3)}`,
        rater: `r${Math.floor(random() * 12)}`,
        score: random() < 0.6 ? 1 : -1,
        intent: `i${Math.floor(random() * 3)}`,
        modules: NAMES.filter(() => random() < 0.5),
        ageDays: random() * 200,
      }),
    );
    const fit = fitTenant(events, { as_of: AS_OF });
    for (const rater of ['r0', 'r5', 'r11']) {
      const index = fit.ledger.rater[fit.ledger.votes.findIndex(({ rater_id }) => rater_id === rater)]!;
      const refit = withoutRater(fit, index);
      const anew = fitTenant(
        events.filter(({ rater_id }) => rater_id !== rater),
        { as_of: AS_OF },
      );
      for (const answer of events.slice(0, 40)) {
        const [a, b] = [predictLogit(refit, answer), predictLogit(anew, answer)];
        close(a.mean, b.mean, 1e-8);
        close(a.variance, b.variance, 1e-8);
      }
    }
  });

  it('names what is wrong with a time that is no number', () => {
    assert.throws(
      () => fitTenant([{ ...vote({ id: 'e' }), occurred_at: Number.NaN }], { as_of: AS_OF }),
      /event e has no time/,
    );
  });
});
