import assert from 'node:assert/strict';
import { createVotePokes } from '../../src/api/feedback/vote-pokes.ts';

const LONG = 60_000;
const tick = () => new Promise((resolve) => setImmediate(resolve));
const twin = (n: number) => ({ id: `twin-${n}`, tenant_id: 'tenant' });

/** A Temporal that answers when it is told to. */
function slowControl() {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    sent,
    async poke({ id }: { id: string }) {
      sent.push(id);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return true;
    },
    async answer(count: number) {
      for (const resolve of waiting.splice(0, count)) resolve();
      await tick();
    },
  };
}

describe('pokes after votes', () => {
  it('are one a twin and interval, and one more when votes came in since', async () => {
    const control = slowControl();
    const poke = createVotePokes(control);
    for (let vote = 0; vote < 100; vote++) poke(twin(1), 1);
    assert.deepEqual(control.sent, ['twin-1']);
    while (control.sent.length < 2) await tick();
    assert.deepEqual(control.sent, ['twin-1', 'twin-1']);
  });

  it('wait in a queue while Temporal is busy, each twin once, and none is lost', async () => {
    const control = slowControl();
    const poke = createVotePokes(control);
    for (let round = 0; round < 3; round++) for (let n = 0; n < 100; n++) poke(twin(n), LONG);
    const first = control.sent.length;
    assert.ok(first > 0 && first < 100, `${first} at once`);
    for (let sent = first; sent < 100; sent = control.sent.length) await control.answer(1);
    assert.equal(new Set(control.sent).size, 100);
    assert.equal(control.sent.length, 100);
  });

  it('for a twin that is due do not wait for the long interval of its probation', () => {
    const control = slowControl();
    const poke = createVotePokes(control);
    poke(twin(1), LONG);
    poke(twin(1), LONG);
    assert.equal(control.sent.length, 1);
    poke(twin(1), 1_000);
    assert.equal(control.sent.length, 2);
  });

  it('are all sent at shutdown: those in the queue, those held back, and those that come later', async () => {
    const control = slowControl();
    const stopping = new AbortController();
    const poke = createVotePokes(control, stopping.signal);
    for (let n = 0; n < 100; n++) poke(twin(n), LONG);
    poke(twin(0), LONG);
    stopping.abort();
    assert.equal(new Set(control.sent).size, 100);
    assert.equal(control.sent.filter((id) => id === 'twin-0').length, 2);
    for (let vote = 0; vote < 80; vote++) poke(twin(1), LONG);
    await tick();
    assert.equal(control.sent.filter((id) => id === 'twin-1').length, 2, 'votes of one batch are one poke');
    poke(twin(1), LONG);
    await tick();
    assert.equal(control.sent.filter((id) => id === 'twin-1').length, 3);
  });
});
