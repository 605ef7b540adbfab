#!/usr/bin/env node
// In a checkout the sources through tsx, so that an old build is never run by mistake. Elsewhere, and where the development
// dependencies are not installed, what was built.
import { existsSync } from 'node:fs';

const sources = new URL('../src/cli/main.ts', import.meta.url);

function runsSources() {
  if (!existsSync(sources)) return false;
  try {
    import.meta.resolve('tsx/esm/api');
    return true;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return false;
  }
}

if (runsSources()) {
  const { tsImport } = await import('tsx/esm/api');
  await tsImport('../src/cli/main.ts', import.meta.url);
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href);
}
