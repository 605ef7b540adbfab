import assert from 'node:assert/strict';
import pc from 'picocolors';
import { diffLines } from '../../src/cli/demo/line-diff.ts';
import { sideBySide } from '../../src/cli/demo/side-by-side.ts';
import type { CliIo } from '../../src/cli/support/io.ts';
import { createProgress } from '../../src/cli/support/progress.ts';

const colors = pc.createColors(false);

describe('what the command shows', () => {
  describe('a line diff', () => {
    it('pairs lines that go with lines that come', () => {
      assert.deepEqual(diffLines('a\nb\nc\nd', 'a\nB\nc\nd\ne'), [
        { kind: 'same', left: 'a', right: 'a' },
        { kind: 'changed', left: 'b', right: 'B' },
        { kind: 'same', left: 'c', right: 'c' },
        { kind: 'same', left: 'd', right: 'd' },
        { kind: 'added', left: null, right: 'e' },
      ]);
      assert.deepEqual(diffLines('a\nb', 'b'), [
        { kind: 'removed', left: 'a', right: null },
        { kind: 'same', left: 'b', right: 'b' },
      ]);
    });

    it('gives both texts back, line by line', () => {
      const [before, after] = ['one\ntwo\n\nthree\ntwo', 'two\nthree\n\nfour\ntwo\nfive'];
      const rows = diffLines(before, after);
      const side = (name: 'left' | 'right') => rows.flatMap((row) => row[name] ?? []).join('\n');
      assert.deepEqual([side('left'), side('right')], [before, after]);
    });
  });

  describe('side by side', () => {
    const io = { colors, columns: () => 63 };
    const lines = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

    it('marks what differs, leaves out what is far from it, and stays within the width', () => {
      const before = [...lines(10, 'x'), 'a line that is too long for one half of it', ...lines(10, 'y')].join('\n');
      const after = [...lines(10, 'x'), 'short', ...lines(10, 'y')].join('\n');
      const shown = sideBySide(io, { title: 'old', text: before }, { title: 'new', text: after }).split('\n');
      assert.deepEqual(
        shown.map((line) => line.split(' | ').map((half) => half.trimEnd())),
        [
          ['old', 'new'],
          ['  ...', '  ...'],
          ['  x8', '  x8'],
          ['  x9', '  x9'],
          ['- a line that is too long for', '+ short'],
          ['  one half of it', ''],
          ['  y0', '  y0'],
          ['  y1', '  y1'],
          ['  ...', '  ...'],
        ],
      );
      assert.ok(shown.every((line) => line.length <= 63));
    });
  });

  describe('progress', () => {
    const collect = (interactive: boolean) => {
      let written = '';
      const io = { interactive, colors, columns: () => 20, err: (text: string) => (written += text) };
      return { progress: createProgress(io as unknown as CliIo), written: () => written };
    };

    it('is now and then a line where there is no terminal, the last state before what follows', () => {
      const { progress, written } = collect(false);
      for (const text of ['1', '2', '3']) progress.show('votes', text);
      progress.line('job');
      progress.show('votes', '4');
      progress.close();
      assert.equal(written(), '1\n3\njob\n4\n');
    });

    it('is a block that is drawn anew on a terminal, each line within its width', () => {
      const { progress, written } = collect(true);
      progress.show('a', 'first');
      progress.show('b', 'a line that is wider than it');
      progress.line('stays');
      progress.close();
      const cut = 'a line that is wid\u2026\n';
      assert.equal(
        written(),
        `first\n\u001b[1A\u001b[Jfirst\n${cut}\u001b[2A\u001b[Jstays\nfirst\n${cut}\u001b[2A\u001b[Jfirst\n${cut}`,
      );
    });
  });
});
