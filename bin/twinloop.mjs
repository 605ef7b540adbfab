#!/usr/bin/env node
// In a checkout the sources through tsx, so that an old build is never run by mistake; elsewhere what was built.
import { existsSync } from 'node:fs';

const sources = new URL('../src/cli/main.ts', import.meta.url);
if (existsSync(sources)) {
  const { tsImport } = await import('tsx/esm/api');
  await tsImport('../src/cli/main.ts', import.meta.url);
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href);
}
