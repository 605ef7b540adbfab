import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RULES = fileURLToPath(new URL('../../ops/alerts.yaml', import.meta.url));

/** Why promtool is of no use here; undefined where it is. */
export function promtoolMissing(): string | undefined {
  const { status } = spawnSync('promtool', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : "promtool is not on PATH: it comes with Debian's package prometheus";
}

export function promtool(...args: string[]): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

/** One scrape of each target that answered, in Prometheus' text format; a target that is gone has no text. */
export type Scrape = readonly string[];

/** The samples of our own metrics, by series. */
function samplesOf(scrape: Scrape): Map<string, string> {
  const samples = new Map<string, string>();
  for (const [target, text] of scrape.entries()) {
    for (const line of text.split('\n')) {
      const [, name, labels = '', value] = /^(twinloop_\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined || value === undefined || name.endsWith('_bucket')) continue;
      const instance = `instance="${target}"`;
      samples.set(`${name}{${labels === '' ? instance : `${labels},${instance}`}}`, value);
    }
  }
  return samples;
}

/** Minutes between two scrapes as the rules see them: what the test saw within a second is stretched to it. */
const MINUTES = 5;

/** Which of the alerts fire after these scrapes of the real system: promtool evaluates the rules' own expressions. */
export function firing(folder: string, alerts: readonly string[], scrapes: readonly Scrape[]): string[] {
  const all = scrapes.map(samplesOf);
  const series = new Set(all.flatMap((samples) => [...samples.keys()]));
  const input_series = [...series].map((name) => {
    // A sample that is not there is marked stale at once, as a target's that is gone.
    const values = all.flatMap((samples) => Array.from({ length: MINUTES }, () => samples.get(name) ?? 'stale'));
    return { series: name, values: values.join(' ') };
  });
  const at = `${all.length * MINUTES - 1}m`;
  const fires = (alertname: string): boolean => {
    const file = join(folder, 'unit-test.json');
    // JSON is YAML; an expectation of no alert fails where one fires.
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: [RULES],
        evaluation_interval: '1m',
        tests: [{ interval: '1m', input_series, alert_rule_test: [{ eval_time: at, alertname, exp_alerts: [] }] }],
      }),
    );
    const { ok, output } = promtool('test', 'rules', file);
    if (!ok && !output.includes(`alertname: ${alertname}`)) throw new Error(output);
    return !ok;
  };
  return alerts.filter(fires);
}
