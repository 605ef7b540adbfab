import assert from 'node:assert/strict';
import fc from 'fast-check';
import { weighingsWithout, weighWithout } from '../../src/learning/recount.ts';
import { fitTenant } from '../../src/learning/fit.ts';
import { estimateEffect, viewTwin } from '../../src/learning/estimate.ts';
import { fitOptions, learn } from '../../src/learning/learn.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { predict, predictLogit } from '../../src/learning/predict.ts';
import { PRIORS } from '../../src/learning/priors.ts';
import type { LedgerEvent, Proposals } from '../../src/learning/types.ts';
import { RHO, voteWeights } from '../../src/learning/weights.ts';
import { anyLedger, anyVote, IDS, withShuffle } from './arbitraries.ts';
import { AS_OF, DAY, learnFrom, persona, vote, votes } from './support.ts';

const active = persona([
  { id: 'a', confidence: 0.7 },
  { id: 'b', confidence: 0.5, status: 'draft' },
  { id: 'c', confidence: 0.2, pinned: true },
  { id: 'd', confidence: 0.97, status: 'archived' },
]);

const bits = (proposals: Proposals): string => JSON.stringify(proposals);
const ofModule = (proposals: Proposals, id: string) =>
  proposals.operations.filter(({ path }) => path.split('/')[2] === id);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

describe('laws of learning', () => {
  it('the order of the ledger changes nothing, bit for bit', () => {
    fc.assert(
      fc.property(withShuffle, ([events, other]) => {
        assert.equal(bits(learnFrom(events, active)), bits(learnFrom(other, active)));
      }),
    );
  });

  it('duplicates change nothing', () => {
    const withCopies = anyLedger.chain((events) => fc.tuple(fc.constant(events), fc.subarray(events)));
    fc.assert(
      fc.property(withCopies, ([events, again]) => {
        assert.equal(bits(learnFrom([...again, ...events], active)), bits(learnFrom(events, active)));
      }),
    );
  });

  it('runs on a part of the ledger before, and again after, change nothing', () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(60), (events, split) => {
        const once = bits(learnFrom(events, active));
        learnFrom(events.slice(0, split), active);
        assert.equal(bits(learnFrom(events, active)), once);
        assert.equal(bits(learnFrom(events, active)), once);
      }),
      { numRuns: 40 },
    );
  });

  it('no events, no change; a module without a vote in the twin has none either', () => {
    assert.deepEqual(learnFrom([], active).operations, []);
    fc.assert(
      fc.property(anyLedger, (events) => {
        const elsewhere = events.map((event) => ({ ...event, twin_id: 'u' }));
        assert.deepEqual(learnFrom(elsewhere, active).operations, []);
        const without = events.filter(({ modules }) => !modules.some(({ id }) => id === 'a'));
        assert.deepEqual(ofModule(learnFrom(without, active), 'a'), []);
      }),
      { numRuns: 40 },
    );
  });

  it('a confidence stays within .08 of the published one, within [.05, .99], in whole millionths', () => {
    const spec = fc.double({ min: 0, max: 1, noNaN: true }).map((confidence) => persona([{ id: 'a', confidence }]));
    fc.assert(
      fc.property(anyLedger, spec, (events, published) => {
        for (const { from, to, path } of learnFrom(events, published).operations) {
          if (!path.endsWith('/confidence')) continue;
          assert.ok(typeof from === 'number' && typeof to === 'number');
          assert.ok(to >= 0.05 && to <= 0.99, `${to}`);
          assert.equal(to, Math.round(to * 1e6) / 1e6);
          const moved = Math.abs(to - from);
          assert.ok(moved >= 0.02 - 1e-9, `moved ${moved}`);
          assert.ok(moved <= 0.08 + 1e-9, `moved ${moved}`);
        }
      }),
    );
  });

  it('an effect moves by at most sd^2 times the weight of the votes that have it', () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        const { design, counts, posterior } = fitTenant(events, { as_of: AS_OF });
        const weight = new Float64Array(design.mean.length);
        for (const block of design.blocks) {
          for (let cell = 0; cell < block.cells; cell++) {
            for (const column of block.features.subarray(block.offsets[cell], block.offsets[cell + 1])) {
              weight[block.pooled[column]!]! += counts.n[block.firstCell + cell]!;
              if (column < block.own) weight[block.start + column]! += counts.n[block.firstCell + cell]!;
            }
          }
        }
        posterior.effects.forEach((effect, i) => {
          const bound = weight[i]! / design.precision[i]!;
          assert.ok(Math.abs(effect - design.mean[i]!) <= bound + 1e-9, `effect ${i}: ${effect}, bound ${bound}`);
        });
      }),
    );
  });

  it('leaving a rater out weighs and counts as all votes anew do, bit for bit', () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        const fit = fitTenant(events, { as_of: AS_OF });
        const weigh = weighingsWithout(fit.design, fit.ledger, fit);
        for (let rater = 0; rater < fit.ledger.raters; rater++) {
          assert.deepEqual(weigh(rater), weighWithout(fit.design, fit.ledger, rater));
        }
      }),
    );
  });

  it('a rater weighs at most 1 / rho votes in a twin, the anonymous ones of a day together too', () => {
    fc.assert(
      fc.property(fc.array(anyVote, { maxLength: 120 }), fc.nat(60), fc.boolean(), (some, more, named) => {
        const events = [...some, ...votes(more, 'many', { rater: named ? 'r1' : null })];
        const { ledger } = fitTenant(events, { as_of: AS_OF });
        const sums = new Map<string, number>();
        voteWeights(ledger).forEach((weight, i) => {
          const { twin_id, rater_id, source, occurred_at } = ledger.votes[i]!;
          const who = rater_id ?? `day ${Math.floor(occurred_at / DAY)}`;
          const key = `${twin_id} ${source} ${who}`;
          sums.set(key, (sums.get(key) ?? 0) + weight);
        });
        for (const [key, sum] of sums) assert.ok(sum <= 1 / RHO + 1e-12, `${key}: ${sum}`);
      }),
    );
  });

  it('every change of status is supported without any one rater of the tenant', () => {
    let changes = 0;
    fc.assert(
      fc.property(anyLedger, (events) => {
        for (const { path, to } of learnFrom(events, active).operations) {
          if (!path.endsWith('/status')) continue;
          changes++;
          const id = path.split('/')[2]!;
          // All anonymous votes of a twin are one rater.
          const names = new Set(events.map((event) => `${event.source} ${event.rater_id ?? event.twin_id}`));
          for (const name of names) {
            const others = events.filter((event) => `${event.source} ${event.rater_id ?? event.twin_id}` !== name);
            const { p_harm, band } = estimateOf(others, id);
            if (to === 'archived') assert.ok(p_harm >= 0.95, `${id} without ${name}: ${p_harm}`);
            else assert.ok(p_harm <= 0.1 && band.low >= 0.5, `${id} without ${name}: ${p_harm}, ${band.low}`);
          }
        }
      }),
      { numRuns: 60 },
    );
    assert.ok(changes >= 10, `the ledgers made only ${changes} changes of status`);
  });

  it("a first-time rater's thumb up never lowers that answer's logit, nor its P(good)", () => {
    fc.assert(
      fc.property(anyLedger, anyVote, (events, like) => {
        const added = {
          ...vote({ id: 'new' }),
          twin_id: like.twin_id,
          intent_label: like.intent_label,
          modules: like.modules.map(({ id }) => ({ id, hash: '' })),
          rater_id: 'first-timer',
        };
        const before = fitTenant(events, { as_of: AS_OF });
        const after = fitTenant([...events, added], { as_of: AS_OF });
        // A twin that is no longer quiet forgets faster, which is another change than the vote's.
        fc.pre(!crossesMonth(events, added));
        assert.ok(predictLogit(after, added).mean >= predictLogit(before, added).mean - 1e-9);
        assert.ok(predict(after, added) >= predict(before, added) - 1e-9);
      }),
    );
  });

  it('swapping all thumbs mirrors all logits', () => {
    const mirrored = { ...PRIORS, intercept: { ...PRIORS.intercept, mean: -PRIORS.intercept.mean } };
    fc.assert(
      fc.property(anyLedger, (events) => {
        const swapped = events.map((event) => ({ ...event, score: -event.score as -1 | 0 | 1 }));
        const fit = fitTenant(events, { as_of: AS_OF });
        const mirror = fitTenant(swapped, { as_of: AS_OF, priors: mirrored });
        for (const event of events.slice(0, 10)) {
          const [a, b] = [predictLogit(fit, event), predictLogit(mirror, event)];
          assert.ok(Math.abs(a.mean + b.mean) < 1e-7 && Math.abs(a.variance - b.variance) < 1e-7);
          assert.ok(Math.abs(predict(fit, event) + predict(mirror, event) - 1) < 1e-7);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('the last vote of a key replaces the others, and a last retraction removes them', () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), (events, pick) => {
        fc.pre(events.length > 0);
        const old = events[pick % events.length]!;
        const others = events.filter(({ twin_id, vote_key }) => twin_id !== old.twin_id || vote_key !== old.vote_key);
        const last = { ...old, kind: 'vote' as const, score: 1 as const, event_id: 'last', occurred_at: AS_OF, seq: 9 };
        assert.equal(bits(learnFrom([...events, last], active)), bits(learnFrom([...others, last], active)));
        const gone = { ...last, kind: 'retraction' as const, score: 0 as const };
        assert.equal(bits(learnFrom([...events, gone], active)), bits(learnFrom(others, active)));
      }),
    );
  });

  it('the future, and what is over a year old and has replaced nothing, are ignored', () => {
    fc.assert(
      fc.property(anyLedger, fc.array(anyVote, { maxLength: 20 }), (events, others) => {
        const outside = others.map((event, i) => ({
          ...event,
          event_id: `outside-${i}`,
          ...(i % 2 === 0 ? { occurred_at: AS_OF + 1 + i } : { occurred_at: AS_OF - 365 * DAY - 1 - i, seq: -1 }),
        }));
        assert.equal(bits(learnFrom([...events, ...outside], active)), bits(learnFrom(events, active)));
      }),
      { numRuns: 40 },
    );
  });

  it('pinned and archived modules never move', () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        const everywhere = events.map((event) => ({ ...event, modules: IDS.map((id) => ({ id, hash: '' })) }));
        for (const ledger of [events, everywhere]) {
          const { operations, withheld } = learnFrom(ledger, active);
          const paths = [...operations, ...withheld.map(({ operation }) => operation)].map(({ path }) => path);
          assert.ok(!paths.some((path) => ['c', 'd'].includes(path.split('/')[2]!)), paths.join());
        }
      }),
    );
  });

  it('inputs are not mutated', () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        const input = { twin_id: 't', active, events: structuredClone(events), as_of: AS_OF, vetoes: [] };
        learn(deepFreeze(input));
      }),
      { numRuns: 20 },
    );
  });
});

/** What a new fit of these votes says of a module of the twin. */
function estimateOf(events: readonly LedgerEvent[], id: string) {
  const input = { twin_id: 't', active, events, as_of: AS_OF, vetoes: [] };
  const module = active.procedural_modules.find((each) => each.id === id)!;
  return estimateEffect(viewTwin(fitTenant(events, fitOptions(input)), 't'), { id, hash: moduleHash(module) });
}

/** True when a vote makes a quiet twin a busy one: 30 votes in 30 days. */
function crossesMonth(events: readonly LedgerEvent[], added: LedgerEvent): boolean {
  const recent = (list: readonly LedgerEvent[]) =>
    fitTenant(list, { as_of: AS_OF }).ledger.votes.filter(
      ({ twin_id, occurred_at }) => twin_id === added.twin_id && AS_OF - occurred_at <= 30 * DAY,
    ).length;
  return recent(events) < 30 && recent([...events, added]) >= 30;
}
