import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { channelIsolationCases, regressionCases } from '../../src/gate/cases/built-in.ts';
import { CONTROLS } from '../../src/gate/behaviour/controls.ts';
import { MIN_PAIRS, SPARE_CALLS } from '../../src/gate/behaviour/pairs.ts';
import { MIN_LIKED } from '../../src/gate/checks/replay-liked.ts';
import { CHECKS } from '../../src/gate/checks/table.ts';
import { HORIZON_DAYS } from '../../src/learning/canonical.ts';
import { MAX_TRIAL_SHARE } from '../../src/learning/policy.ts';
import { PRIORS } from '../../src/learning/priors.ts';
import { PROBATION_DAYS } from '../../src/learning/probation.ts';
import { RHO } from '../../src/learning/weights.ts';
import { harmful, harmless } from '../gate/seeded-changes.ts';
import { allCode, readRepositoryFile, section } from './markdown.ts';

const LEARNING = readRepositoryFile('docs/learning.md');

/** A share as statisticians print it: .5. */
const figure = (value: number): string => String(value).replace(/^0\./, '.');

describe('docs/learning.md', () => {
  it('names only files that exist', () => {
    const paths = allCode(LEARNING).flatMap((code) => code.match(/^(?:src|test|bench|docs)\/[\w./-]+$/) ?? []);
    assert.ok(paths.length >= 20, `only ${paths.length} paths`);
    for (const path of paths) assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), path);
  });

  it('has a row for each check of the gate, in the order of the report', () => {
    const rows = [...section(LEARNING, '6. The gate').matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    assert.deepEqual(
      rows,
      CHECKS.map(({ name }) => name),
    );
    assert.ok(LEARNING.includes(`gate: ${CHECKS.length} checks`));
  });

  it('has the priors of the code', () => {
    const rows = [...section(LEARNING, '3. The model').matchAll(/^\| .+? `(\w+)` +\| mean .*?, sd ([\d.]+) +\|/gm)];
    const documented = Object.fromEntries(rows.map(([, name, sd]) => [name, sd]));
    const { intercept, twin, intent, twinIntent, module, twinModule, judge } = PRIORS;
    const sds = { b: intercept.sd, b_t: twin, c_i: intent, c_ti: twinIntent, u_m: module, v_tm: twinModule, j: judge };
    assert.deepEqual(documented, Object.fromEntries(Object.entries(sds).map(([name, sd]) => [name, figure(sd)])));
    assert.ok(LEARNING.includes(`= ${figure(Math.round(intercept.mean * 1_000) / 1_000)}, sd`));
  });

  it('has the figures of the code', () => {
    for (const text of [
      `**${HORIZON_DAYS} days.**`,
      `w = d / (1 + ${figure(RHO)} max(0, n - 1))`,
      `weigh less than ${1 / RHO}, however many`,
      `\`trial_share\` (0 to ${figure(MAX_TRIAL_SHARE)})`,
      `**inconclusive under ${MIN_LIKED} liked answers**`,
      `fill up to **${MIN_PAIRS} questions**`,
      `compares ${CONTROLS.length} pairs with a known outcome`,
      `asked once more, ${SPARE_CALLS} times in a gate at most`,
      `probation: ${PROBATION_DAYS} days at most`,
      `${harmful.length} harmful and ${harmless.length} harmless seeded changes`,
      `${regressionCases.length} regression cases and ${channelIsolationCases.length} of channel isolation`,
    ]) {
      assert.ok(LEARNING.includes(text), text);
    }
  });
});
