import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { loadConfig } from '../../src/config.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A Chromium of this machine; skips the test, with the reason, where there is none. */
export async function launchBrowser(test: Mocha.Context): Promise<Browser> {
  const folders = ['/usr/bin', ...loadConfig().path.split(delimiter)];
  const executablePath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
  if (executablePath === undefined) {
    console.log(`      no ${NAMES.join(', ')} in PATH: skipped`);
    test.skip();
  }
  return chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
}
