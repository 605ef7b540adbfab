import assert from 'node:assert/strict';
import { withBudget } from '../../src/llm/budget.ts';
import { type AnswerStore, cacheOnly, withCache } from '../../src/llm/cache.ts';
import { type LanguageModel, LlmError, type ModelRequest } from '../../src/llm/model.ts';

const request = (prompt: string): ModelRequest => ({ system: 's', prompt, maxOutputTokens: 9 });

/** Answers the prompt with itself; the log has what it was asked. */
function echo(id = 'echo'): LanguageModel & { readonly log: string[] } {
  const log: string[] = [];
  return {
    id,
    log,
    ask: ({ prompt }) => {
      log.push(prompt);
      return Promise.resolve(`re: ${prompt}`);
    },
  };
}

/** Never answers, but for being withdrawn. */
const silent: LanguageModel = {
  id: 'silent',
  ask: (_, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new LlmError('aborted', 'withdrawn')));
    }),
};

function inMemory(): AnswerStore & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    read: (key) => Promise.resolve(kept.get(key)),
    write: (key, text) => Promise.resolve(void kept.set(key, text)),
  };
}

const kind = (expected: LlmError['kind']) => (error: unknown) => error instanceof LlmError && error.kind === expected;

describe('the budget of a run', () => {
  it('lets so many calls through, and counts them and their time', async () => {
    let clock = 0;
    const model = echo();
    const budgeted = withBudget(model, { maxCalls: 2, timeMs: 1_000 }, () => (clock += 10));
    await budgeted.ask(request('1'));
    await budgeted.ask(request('2'));
    await assert.rejects(budgeted.ask(request('3')), kind('budget'));
    assert.deepEqual(model.log, ['1', '2']);
    assert.deepEqual(budgeted.used(), { calls: 2, ms: 20 });
  });

  it('ends with its time, counted from the first question', async () => {
    let clock = 5_000;
    const model = echo();
    const budgeted = withBudget(model, { maxCalls: 9, timeMs: 1_000 }, () => clock);
    await budgeted.ask(request('1'));
    clock += 999;
    await budgeted.ask(request('2'));
    clock += 1;
    await assert.rejects(budgeted.ask(request('3')), kind('budget'));
    assert.deepEqual(model.log, ['1', '2']);
  });

  it('withdraws the question in flight at its end', async () => {
    const budgeted = withBudget(silent, { maxCalls: 9, timeMs: 50 }, () => performance.now());
    await assert.rejects(budgeted.ask(request('1')), kind('budget'));
  });

  it('tells a question that its caller withdrew from one that it withdrew', async () => {
    const budgeted = withBudget(silent, { maxCalls: 9, timeMs: 60_000 }, () => performance.now());
    const caller = new AbortController();
    const asking = budgeted.ask(request('1'), caller.signal);
    caller.abort();
    await assert.rejects(asking, kind('aborted'));
  });
});

describe('kept answers', () => {
  it('are asked for once, and cost no budget', async () => {
    const model = echo();
    const store = inMemory();
    const cached = withCache(
      withBudget(model, { maxCalls: 1, timeMs: 1_000 }, () => 0),
      store,
    );
    assert.equal(await cached.ask(request('1')), 're: 1');
    assert.equal(await cached.ask(request('1')), 're: 1');
    assert.deepEqual(model.log, ['1']);
    await assert.rejects(cached.ask(request('2')), kind('budget'));
  });

  it('are kept under all that was asked, and of whom', async () => {
    const store = inMemory();
    const asked: ModelRequest[] = [
      request('1'),
      request('2'),
      { ...request('1'), system: 'other' },
      { ...request('1'), maxOutputTokens: 10 },
    ];
    for (const one of asked) await withCache(echo(), store).ask(one);
    await withCache(echo('another'), store).ask(request('1'));
    assert.equal(store.kept.size, 5);
    for (const key of store.kept.keys()) assert.match(key, /^[0-9a-f]{64}$/);
  });

  it('answer without the model, and nothing else does', async () => {
    const store = inMemory();
    await withCache(echo(), store).ask(request('1'));
    assert.equal(await cacheOnly(store, 'echo').ask(request('1')), 're: 1');
    await assert.rejects(cacheOnly(store, 'echo').ask(request('2')), kind('unreachable'));
    await assert.rejects(cacheOnly(store, 'another').ask(request('1')), kind('unreachable'));
  });

  it('hold no failure', async () => {
    const store = inMemory();
    await assert.rejects(
      withCache(
        withBudget(silent, { maxCalls: 0, timeMs: 1 }, () => 0),
        store,
      ).ask(request('1')),
    );
    assert.equal(store.kept.size, 0);
  });
});
