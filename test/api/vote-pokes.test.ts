import assert from 'node:assert/strict';
import { createVotePokes } from '../../src/api/feedback/vote-pokes.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));
const twin = (n: number) => ({ id: `twin-${n}`, tenant_id: 'tenant' });

/** A Temporal that answers when it is told to. */
function slowControl() {
  const sent: string[] = [];
  const waiting: ((isTaken: boolean) => void)[] = [];
  return {
    sent,
    of: (id: string) => sent.filter((one) => one === id).length,
    poke: ({ id }: { id: string }) => {
      sent.push(id);
      return new Promise<boolean>((resolve) => waiting.push(resolve));
    },
    async answer(count: number, isTaken = true) {
      for (const resolve of waiting.splice(0, count)) resolve(isTaken);
      await tick();
    },
  };
}

describe('pokes after votes', () => {
  it('are one for many votes, and one more for those that Temporal did not hear of', async () => {
    const control = slowControl();
    const pokes = createVotePokes(control);
    for (let vote = 0; vote < 100; vote++) pokes.due(twin(1), 5);
    assert.equal(control.of('twin-1'), 1);
    await control.answer(1, false);
    while (control.of('twin-1') < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(control.of('twin-1'), 2);
  });

  it('come at once when a twin is due again after a run took what was due', () => {
    const control = slowControl();
    const pokes = createVotePokes(control);
    pokes.due(twin(1), 5);
    pokes.due(twin(1), 5);
    assert.equal(control.of('twin-1'), 1);
    pokes.due(twin(1), 10);
    assert.equal(control.of('twin-1'), 2);
  });

  it('wait in a queue while Temporal is busy, each twin once, and none is lost', async () => {
    const control = slowControl();
    const pokes = createVotePokes(control);
    for (let round = 0; round < 3; round++) for (let n = 0; n < 100; n++) pokes.due(twin(n), 5);
    const first = control.sent.length;
    assert.ok(first > 0 && first < 100, `${first} at once`);
    for (let sent = first; sent < 100; sent = control.sent.length) await control.answer(1);
    assert.equal(new Set(control.sent).size, 100);
    assert.equal(control.sent.length, 100);
  });

  it('for a twin that is due do not wait for the long interval of its probation', () => {
    const control = slowControl();
    const pokes = createVotePokes(control);
    pokes.watched(twin(1));
    pokes.watched(twin(1));
    assert.equal(control.of('twin-1'), 1);
    pokes.due(twin(1), 5);
    assert.equal(control.of('twin-1'), 2);
  });

  it('are all sent at shutdown: those in the queue, those held back, and those that come later', async () => {
    const control = slowControl();
    const stopping = new AbortController();
    const pokes = createVotePokes(control, stopping.signal);
    for (let n = 0; n < 100; n++) pokes.due(twin(n), 5);
    pokes.due(twin(0), 5);
    stopping.abort();
    assert.equal(new Set(control.sent).size, 100);
    assert.equal(control.of('twin-0'), 2);
    for (let vote = 0; vote < 80; vote++) pokes.due(twin(1), 5);
    await tick();
    assert.equal(control.of('twin-1'), 2, 'votes of one batch are one poke');
    pokes.due(twin(1), 5);
    await tick();
    assert.equal(control.of('twin-1'), 3);
  });
});
