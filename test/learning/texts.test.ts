import assert from 'node:assert/strict';
import { fitTenant, withoutRater } from '../../src/learning/fit.ts';
import { fitOptions, learn, propose } from '../../src/learning/learn.ts';
import { predictLogit } from '../../src/learning/predict.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { AS_OF, learnFrom, persona, vote, votes } from './support.ts';

const NEW = persona([{ id: 'm', do: ['cite'], confidence: 0.5 }]);
const HASH = moduleHash(NEW.procedural_modules[0]!);
const on = (hash: string, ageDays = 0, twin = 't') => ({ modules: [{ id: 'm', hash }], ageDays, twin });
const estimate = (events: Parameters<typeof learnFrom>[0]) => learnFrom(events, NEW).modules[0]!;

describe('edits of a module', () => {
  it('an unknown text is the published one', () => {
    assert.deepEqual(estimate(votes(10, 'x', on(''))), estimate(votes(10, 'x', on(HASH))));
  });

  it('an edit starts from the old posterior with halved weights', () => {
    const current = estimate(votes(10, 'x', on(HASH)));
    const edited = estimate(votes(10, 'x', on('old')));
    assert.equal(current.effective_n, 10);
    assert.equal(edited.effective_n, 5);
    assert.ok(edited.lift.mean > 0 && edited.lift.mean < current.lift.mean);
    assert.ok(edited.lift.sd > current.lift.sd);
    assert.equal(edited.human_raters, 0, 'nobody has seen the new text');
    assert.equal(current.human_raters, 10);
  });

  it('each further edit halves once more', () => {
    const events = [...votes(8, 'x', on('first', 20)), ...votes(8, 'y', on('second', 10)), ...votes(1, 'z', on(HASH))];
    const d = (days: number) => 2 ** (-days / 90);
    assert.ok(Math.abs(estimate(events).effective_n - (2 * d(20) + 4 * d(10) + 1)) < 1e-12);
  });

  it('a text that came back counts in full', () => {
    const events = [...votes(4, 'x', on(HASH, 20)), ...votes(4, 'y', on('tried', 10))];
    const d = (days: number) => 2 ** (-days / 90);
    assert.ok(Math.abs(estimate(events).effective_n - (4 * d(20) + 2 * d(10))) < 1e-12);
  });

  it('without a rater is no edit that only they voted on', () => {
    const others = [
      ...votes(11, 'fan', on(HASH)),
      ...votes(2, 'hater', { ...on('older', 35), rater: 'hater', score: -1 }),
    ];
    const middle = votes(1, 'x', { ...on('old'), rater: 'x', score: -1 });
    const options = fitOptions({ twin_id: 't', active: NEW, vetoes: [], as_of: AS_OF });
    const fit = fitTenant([...others, ...middle], options);
    const rater = fit.ledger.rater[fit.ledger.votes.findIndex((one) => one.rater_id === 'x')]!;
    const without = withoutRater(fit, rater);
    const alone = fitTenant(others, options);
    assert.equal(fit.texts.edits('t', 'm', 'older'), 2);
    assert.equal(without.texts.edits('t', 'm', 'older'), 1);
    assert.deepEqual([...without.posterior.effects], [...alone.posterior.effects]);
    const fan = fit.ledger.rater[fit.ledger.votes.findIndex((one) => one.rater_id === 'fan-0')]!;
    assert.equal(withoutRater(fit, fan).texts, fit.texts, 'a rater like others decides nothing');
  });

  it('leaves the whole vote to the other modules of the answer', () => {
    const both = (hash: string) =>
      votes(10, 'x', {
        modules: [
          { id: 'm', hash },
          { id: 'other', hash: '' },
        ],
      });
    const spec = persona([{ id: 'm', do: ['cite'] }, { id: 'other' }]);
    const other = learnFrom(both('old'), spec).modules[1]!;
    assert.equal(other.effective_n, 10);
    assert.equal(other.human_raters, 10);
  });

  it('a bad old text does not get the new one archived', () => {
    const fans = votes(40, 'fan');
    const bad = (hash: string) => votes(30, 'hater', { ...on(hash), score: -1 });
    assert.ok(learnFrom([...fans, ...bad(HASH)], NEW).operations.some(({ path }) => path.endsWith('/status')));
    assert.ok(!learnFrom([...fans, ...bad('old')], NEW).operations.some(({ path }) => path.endsWith('/status')));
  });

  it('twins that publish the same text share its effect, with another text they do not', () => {
    const elsewhere = (hash: string) => votes(30, 'u', { ...on(hash, 0, 'u'), score: -1 });
    const own = vote({ id: 'own', ...on(HASH) });
    const calm = votes(30, 'calm', { twin: 'u' });
    const shared = estimate([own, ...calm, ...elsewhere(HASH)]).lift.mean;
    const apart = estimate([own, ...calm, ...elsewhere('theirs')]).lift.mean;
    assert.ok(shared < -0.2 && apart > 0, `${shared}, ${apart}`);
  });

  it('a fit made for other texts proposes as one made for these', () => {
    const events = [...votes(30, 'fan'), ...votes(20, 'x', { ...on('old'), score: -1 }), ...votes(9, 'y', on(''))];
    const input = { twin_id: 't', active: NEW, vetoes: [] };
    const stale = fitTenant(events, { as_of: AS_OF, published: new Map([['t', [{ id: 'm', hash: 'old' }]]]) });
    assert.deepEqual(propose(stale, input), learn({ ...input, events, as_of: AS_OF }));
    assert.deepEqual(propose(fitTenant(events, { as_of: AS_OF }), input), learn({ ...input, events, as_of: AS_OF }));
  });

  it('predicts an old text by its own effect, an unheard-of one by the current', () => {
    const events = [...votes(20, 'x', { ...on('old', 5), score: -1 }), ...votes(20, 'y', on(HASH))];
    const fit = fitTenant(events, fitOptions({ twin_id: 't', active: NEW, vetoes: [], as_of: AS_OF }));
    const logit = (hash: string) =>
      predictLogit(fit, { twin_id: 't', intent_label: 'i', modules: [{ id: 'm', hash }] }).mean;
    assert.ok(logit('old') < logit(HASH));
    assert.equal(logit('unheard-of'), logit(HASH));
    assert.equal(logit(''), logit(HASH));
  });

  it('predicts an unnamed text by the own current one, though another twin has votes on unnamed texts', () => {
    const own = votes(20, 'x', { ...on('known'), score: -1 });
    const others = votes(20, 'y', on('', 0, 'u'));
    const fit = fitTenant([...own, ...others], { as_of: AS_OF });
    const logit = (hash: string) =>
      predictLogit(fit, { twin_id: 't', intent_label: 'i', modules: [{ id: 'm', hash }] }).mean;
    assert.equal(logit(''), logit('known'));
  });
});
