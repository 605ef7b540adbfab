import assert from 'node:assert/strict';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { diffSpecs, summarizeManifest, summarizeOperation } from '../../src/persona/manifest.ts';
import type { Operation } from '../../src/persona/operation.ts';

const evidence = { run_id: 'r1', events: 41, raters: 12 };
const rules = '/deterministic_rules';
const cite = '/procedural_modules/factual.cite';

const sentences: [operation: Operation, sentence: string][] = [
  [
    { op: 'set', path: `${cite}/confidence`, from: 0.7, to: 0.76, evidence },
    'Module factual.cite: confidence .70 -> .76 (41 votes, 12 raters)',
  ],
  [{ op: 'set', path: `${cite}/confidence`, from: 0.701, to: 0.704 }, 'Module factual.cite: confidence .7010 -> .7040'],
  [
    {
      op: 'set',
      path: `${cite}/status`,
      from: 'active',
      to: 'archived',
      evidence: { events: 1, raters: 1, statistic: 'p_harm', value: 0.973 },
    },
    'Module factual.cite: status active -> archived (1 vote, 1 rater; 97 % likely that it makes answers worse, p_harm .97)',
  ],
  [
    {
      op: 'set',
      path: `${cite}/status`,
      from: 'draft',
      to: 'active',
      evidence: { events: 85, raters: 61, statistic: 'p_harm', value: 0.0004 },
    },
    'Module factual.cite: status draft -> active (85 votes, 61 raters; over 99 % likely that it does no harm, p_harm below .01)',
  ],
  [
    {
      op: 'set',
      path: `${cite}/confidence`,
      from: 0.6,
      to: 0.52,
      evidence: { events: 100, raters: 68, statistic: 'confidence', value: 0.4702, low: 0.41, high: 0.534 },
    },
    'Module factual.cite: confidence .60 -> .52 (100 votes, 68 raters; votes estimate .47, 80 % band .41 to .53)',
  ],
  [
    { op: 'add', path: '/procedural_modules/a.b', to: { id: 'a.b', do: ['Stop.', 'Go.'] } },
    'Module a.b: added, do "Stop." and 1 more',
  ],
  [
    { op: 'add', path: `${rules}/length_bands/meta_or_system`, to: { min_words: 5, max_words: 90 } },
    'Length band of meta_or_system: added, 5 to 90 words',
  ],
  [
    {
      op: 'add',
      path: `${rules}/banned_phrases/delve`,
      to: 'delve',
      evidence: {
        events: 13,
        raters: 9,
        statistic: 'p_worse',
        value: 0.99,
        flagged_disliked: 12,
        disliked: 14,
        flagged_liked: 1,
        liked: 80,
      },
    },
    'Banned phrases: "delve" added (flags 12 of 14 disliked and 1 of 80 liked answers, 9 raters)',
  ],
  [
    {
      op: 'add',
      path: `${cite}/do/Stop.`,
      to: 'Stop.',
      evidence: { events: 6, raters: 4, complaint: 'too_long', disliked: 20 },
    },
    'Module factual.cite: do "Stop." added (6 of 20 thumbs down say "too long", 4 raters)',
  ],
  [{ op: 'add', path: `${cite}/do/cite_sources`, to: 'cite_sources' }, 'Module factual.cite: do "cite_sources" added'],
  [{ op: 'add', path: '/procedural_modules/a.b', to: { id: 'a.b' } }, 'Module a.b: added'],
  [{ op: 'remove', path: '/canonical_examples/e', from: { id: 'e' } }, 'Example e: removed'],
  [{ op: 'remove', path: '/anti_examples/e', from: { id: 'e' } }, 'Anti-example e: removed'],
  [
    { op: 'add', path: `${rules}/banned_phrases/a~1b`, to: 'a/b', evidence },
    'Banned phrases: "a/b" added (41 votes, 12 raters)',
  ],
  [
    { op: 'set', path: `${rules}/length_bands/advice_or_stance/max_words`, from: 220, to: 180 },
    'Length band of advice_or_stance: max words 220 -> 180',
  ],
  [
    { op: 'set', path: `${rules}/format_by_intent/default`, from: 'plain', to: 'bullets' },
    'Format of default: "plain" -> "bullets"',
  ],
  [
    { op: 'add', path: `${rules}/length_bands/default`, to: { max_words: 9 } },
    'Length band of default: added, at most 9 words',
  ],
  [{ op: 'set', path: '/identity_voice/tone', from: 'warm', to: 'dry' }, 'Identity voice: tone "warm" -> "dry"'],
  [{ op: 'set', path: '/constitution', from: ['a', 'b'], to: ['b', 'a'] }, 'Constitution: 2 items reordered'],
  [{ op: 'set', path: '/constitution', from: ['a', 'b'], to: ['c'] }, 'Constitution: 2 items -> 1 item'],
];

describe('summaries of operations', () => {
  for (const [operation, sentence] of sentences) {
    it(`say "${sentence}"`, () => assert.equal(summarizeOperation(operation), sentence));
  }

  it('are short, one for each operation, and hold on one line', () => {
    const to = structuredClone(starterPersona);
    to.constitution.push('x'.repeat(2_000));
    to.identity_voice['note'] = 'one\ntwo';
    const manifest = diffSpecs(starterPersona, to);
    const summary = summarizeManifest(manifest);
    assert.equal(summary.length, 2);
    for (const sentence of summary) assert.match(sentence, /^.{10,160}$/);
  });
});
