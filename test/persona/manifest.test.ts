import assert from 'node:assert/strict';
import fc from 'fast-check';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { sameJson, specHash } from '../../src/persona/hash.ts';
import { applyOperations, diffSpecs } from '../../src/persona/manifest.ts';
import { manifestSchema, type Operation } from '../../src/persona/operation.ts';
import { formatPointer, OperationError, parsePointer } from '../../src/persona/pointer.ts';
import { type PersonaSpec, personaSpecSchema } from '../../src/persona/spec.ts';
import { deepFreeze, personaSpecs, reordered } from './arbitraries.ts';

/** Id-named lists in one order, and no version: what a manifest speaks of. */
function settled(spec: PersonaSpec): PersonaSpec {
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  return {
    ...spec,
    version: '0.0.0',
    canonical_examples: spec.canonical_examples.toSorted(byId),
    anti_examples: spec.anti_examples.toSorted(byId),
    procedural_modules: spec.procedural_modules.toSorted(byId),
  };
}

const apply = (...operations: Operation[]) => applyOperations(starterPersona, operations);

describe('diffSpecs and applyOperations', () => {
  it('give the other spec back, change neither, and make a valid manifest', () => {
    fc.assert(
      fc.property(personaSpecs, personaSpecs, (from, to) => {
        const manifest = diffSpecs(deepFreeze(from), deepFreeze(to));
        const made = applyOperations(from, deepFreeze(manifest));
        assert.ok(sameJson(settled(made), settled(to)));
        assert.equal(made.version, from.version);
        assert.deepEqual(manifestSchema.parse(JSON.parse(JSON.stringify(manifest))), manifest);
        assert.deepEqual(diffSpecs(from, made), manifest);
      }),
      { numRuns: 300 },
    );
  });

  it('find no difference in a reordering, and the same one whatever the order', () => {
    fc.assert(
      fc.property(personaSpecs, personaSpecs, (from, to) => {
        assert.deepEqual(diffSpecs(from, reordered(from)), []);
        assert.deepEqual(diffSpecs(from, { ...from, version: '9.9.9' }), []);
        assert.deepEqual(diffSpecs(reordered(from), reordered(to)), diffSpecs(from, to));
      }),
    );
  });

  it('name what changed by id and by text', () => {
    const to = structuredClone(starterPersona);
    const cite = to.procedural_modules.find((module) => module.id === 'factual.cite');
    assert.ok(cite);
    cite.confidence = 0.76;
    cite.do.push('Use a/b and ~.');
    to.deterministic_rules.banned_phrases = to.deterministic_rules.banned_phrases.slice(1);
    to.deterministic_rules.depth = 'brief';
    assert.deepEqual(diffSpecs(starterPersona, to), [
      {
        op: 'remove',
        path: '/deterministic_rules/banned_phrases/as an ai language model',
        from: 'as an ai language model',
      },
      {
        op: 'set',
        path: '/deterministic_rules/depth',
        from: starterPersona.deterministic_rules.depth,
        to: 'brief',
      },
      { op: 'set', path: '/procedural_modules/factual.cite/confidence', from: 0.7, to: 0.76 },
      { op: 'add', path: '/procedural_modules/factual.cite/do/Use a~1b and ~0.', to: 'Use a/b and ~.' },
    ]);
  });

  it('set a list whole when its order changed', () => {
    const { constitution } = starterPersona;
    const manifest = diffSpecs(starterPersona, { ...starterPersona, constitution: constitution.toReversed() });
    assert.deepEqual(manifest, [
      { op: 'set', path: '/constitution', from: constitution, to: constitution.toReversed() },
    ]);
  });

  it('stay within the length of a path', () => {
    const long = '~'.repeat(1_999);
    const to = personaSpecSchema.parse({ ...starterPersona, constitution: [long], metadata: { [long + long]: 1 } });
    const manifest = manifestSchema.parse(diffSpecs(starterPersona, to));
    assert.ok(sameJson(settled(applyOperations(starterPersona, manifest)), settled(to)));
  });

  it('add a whole module, with the defaults of a module', () => {
    const made = apply({ op: 'add', path: '/procedural_modules/new.one', to: { id: 'new.one', do: ['Help.'] } });
    const added = made.procedural_modules.find((module) => module.id === 'new.one');
    assert.deepEqual([added?.do, added?.status, added?.channels], [['Help.'], 'active', ['owner', 'public']]);
  });

  const text = 'great question';
  const bans = '/deterministic_rules/banned_phrases';
  const confidence = '/procedural_modules/factual.cite/confidence';
  const refused: [why: string, operation: Operation, message: RegExp][] = [
    [
      'a module that is not there',
      { op: 'set', path: '/procedural_modules/nope/priority', from: 1, to: 2 },
      /there is no/,
    ],
    ['a field that is not there', { op: 'set', path: `${confidence}s`, from: 1, to: 2 }, /is not there/],
    ['another value than expected', { op: 'set', path: confidence, from: 0.71, to: 0.8 }, /"from"/],
    ['a set without "from"', { op: 'set', path: confidence, to: 0.8 }, /needs "from"/],
    ['an add with "from"', { op: 'add', path: `${bans}/x`, from: 'x', to: 'x' }, /no "from"/],
    ['a remove with "to"', { op: 'remove', path: `${bans}/${text}`, from: text, to: 'x' }, /no "to"/],
    ['an item named by another text', { op: 'add', path: `${bans}/x`, to: 'y' }, /own text/],
    ['an item that is there', { op: 'add', path: `${bans}/${text}`, to: text }, /there already/],
    ['a module named by another id', { op: 'add', path: '/procedural_modules/a', to: { id: 'b' } }, /another id/],
    ['a new id', { op: 'set', path: '/procedural_modules/factual.cite/id', from: 'factual.cite', to: 'x' }, /name/],
    ['a version', { op: 'set', path: '/version', from: '1.0.0', to: '1.0.1' }, /version/],
    ['a prototype', { op: 'add', path: '/metadata/__proto__', to: { polluted: true } }, /no name/],
    [
      'an inherited property',
      { op: 'set', path: '/metadata/constructor/name', from: 'Object', to: 'x' },
      /there is no/,
    ],
    ['a bad escape', { op: 'add', path: `${bans}/a~2`, to: 'a~2' }, /~0/],
    [
      'a field that always is',
      { op: 'remove', path: '/constitution', from: starterPersona.constitution },
      /always has/,
    ],
    ['a result that is no spec', { op: 'set', path: confidence, from: 0.7, to: 7 }, /factual\.cite\/confidence: /],
    ['an unknown field', { op: 'add', path: '/procedural_modules/factual.cite/mood', to: 'x' }, /mood/],
  ];
  for (const [why, operation, message] of refused) {
    it(`refuse ${why}, with the path`, () => {
      const before = specHash(starterPersona);
      assert.throws(
        () => apply(operation),
        (error) => error instanceof OperationError && error.path.startsWith('/') && message.test(error.message),
      );
      assert.equal(specHash(starterPersona), before);
    });
  }
});

describe('JSON Pointers', () => {
  it('escape and unescape as RFC 6901 says', () => {
    assert.deepEqual(parsePointer('/a~1b/m~0n/~01/'), ['a/b', 'm~n', '~1', '']);
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (tokens) => {
        assert.deepEqual(parsePointer(formatPointer(tokens)), tokens);
      }),
    );
  });

  it('begin with a slash', () => {
    assert.throws(() => parsePointer('constitution'), OperationError);
  });
});
