import type { Command } from 'commander';
import type { VerbContext } from './support/io.ts';
export function addDemo(program: Command, io: VerbContext): void {
  void io;
  program.command('demo');
}
