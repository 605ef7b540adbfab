import assert from 'node:assert/strict';
import fc from 'fast-check';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { canonicalJson, contentHash, moduleHash, sameJson, specHash } from '../../src/persona/hash.ts';
import type { ProceduralModule } from '../../src/persona/spec.ts';
import { personaSpecs } from './arbitraries.ts';

describe('content hashes', () => {
  it('are SHA-256 over canonical JSON', () => {
    assert.equal(canonicalJson({ b: [1e21, 0.1, -0], a: 'é' }), '{"a":"é","b":[1e+21,0.1,0]}');
    // printf '{"a":1,"b":[true,null]}' | sha256sum
    assert.equal(
      contentHash({ b: [true, null], a: 1 }),
      '1cc69c7fa23616ca2ec3ee70d24390a6225c8832db8a4c814c7e0e7f942f8668',
    );
  });

  it('refuse what JSON cannot hold', () => {
    for (const value of [undefined, Number.NaN, '\ud800']) assert.throws(() => contentHash(value), TypeError);
  });

  it('survive a round trip through JSON and do not depend on key order', () => {
    fc.assert(
      fc.property(personaSpecs, (spec) => {
        const copy = JSON.parse(JSON.stringify(spec));
        assert.equal(specHash(copy), specHash(spec));
        const turned = Object.fromEntries(Object.entries(copy).toReversed());
        assert.ok(sameJson(turned, spec));
        assert.equal(contentHash(turned), contentHash(spec));
      }),
    );
  });

  it('of a spec leave out its version and nothing else', () => {
    const hash = specHash(starterPersona);
    assert.equal(specHash({ ...starterPersona, version: '7.0.0' }), hash);
    assert.notEqual(specHash({ ...starterPersona, constitution: [] }), hash);
    assert.notEqual(specHash({ ...starterPersona, metadata: { changed: true } }), hash);
  });

  it('of a module name its text alone', () => {
    const module = starterPersona.procedural_modules[0];
    assert.ok(module);
    const hash = moduleHash(module);
    const state: Partial<ProceduralModule> = {
      id: 'other',
      status: 'archived',
      confidence: 0.1,
      priority: 1,
      pinned: true,
      active: false,
      channels: ['owner'],
    };
    assert.equal(moduleHash({ ...module, ...state }), hash);
    const edits: Partial<ProceduralModule>[] = [
      { when: { a: 1 } },
      { do: ['b'] },
      { say_style: { c: 1 } },
      { ban: ['d'] },
      { few_shot_ids: [] },
      { intent_labels: [] },
    ];
    for (const edit of edits) assert.notEqual(moduleHash({ ...module, ...edit }), hash, Object.keys(edit)[0]);
  });
});
