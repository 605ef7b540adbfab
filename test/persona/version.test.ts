import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareVersions, nextVersion } from '../../src/persona/version.ts';

const versions = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: 12 }), fc.nat({ max: 12 }))
  .map((numbers) => numbers.join('.'));

describe('nextVersion', () => {
  it('gives the next free number of a kind', () => {
    const taken = ['1.0.0', '1.0.1', '1.1.0', '1.10.0', '1.0.9', '2.0.0'];
    assert.equal(nextVersion(taken, '1.0.0', 'patch'), '1.0.10');
    assert.equal(nextVersion(taken, '1.1.0', 'patch'), '1.1.1');
    assert.equal(nextVersion(taken, '1.0.1', 'minor'), '1.11.0');
    assert.equal(nextVersion(taken, '1.0.1', 'major'), '3.0.0');
    assert.equal(nextVersion([], '1.4.2', 'patch'), '1.4.3');
  });

  it('begins with 1.0.0, or the next free major', () => {
    assert.equal(nextVersion([], null, 'minor'), '1.0.0');
    assert.equal(nextVersion(['0.9.0'], null, 'patch'), '1.0.0');
    assert.equal(nextVersion(['1.0.0', '1.3.0'], null, 'minor'), '2.0.0');
  });

  it('never gives a taken number, and always one above the parent', () => {
    const bumps = fc.constantFrom('patch' as const, 'minor' as const, 'major' as const);
    fc.assert(
      fc.property(fc.array(versions, { maxLength: 30 }), fc.option(versions), bumps, (taken, parent, bump) => {
        const next = nextVersion(taken, parent, bump);
        assert.ok(!taken.includes(next));
        if (parent !== null) assert.ok(compareVersions(next, parent) > 0);
        assert.equal(nextVersion(taken.toReversed(), parent, bump), next);
      }),
    );
  });

  it('compares by number, and refuses what is no version', () => {
    assert.ok(compareVersions('1.10.0', '1.9.9') > 0);
    assert.ok(compareVersions('1.0.0', '1.0.1') < 0);
    assert.equal(compareVersions('1.0.0', '1.0.0'), 0);
    assert.throws(() => nextVersion(['latest'], '1.0.0', 'patch'), /"latest" is not a semantic version/);
  });
});
