import assert from 'node:assert/strict';
import { openTestApi, unique, type TestApi } from './harness.ts';

describe('feedback', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  const vote = (trace: string, body: object, key?: string) =>
    api.call('POST', `/feedback/${trace}`, { body, ...(key ? { key } : {}) });

  it('stores a vote and answers with the decision', async () => {
    const twin_id = await api.twin();
    const { status, body } = await vote(unique('t'), { score: 1, twin_id, rater_id: 'ann' });
    assert.equal(status, 202);
    assert.equal(body.success, true);
    assert.equal(body.duplicate, false);
    assert.equal(body.counted, true);
    assert.ok(body.event_id.length > 10);
    assert.deepEqual(body.learning, {
      enqueued: false,
      reason: 'insufficient_events',
      pending_events: 1,
      required_events: 5,
    });
    assert.equal(body.message, 'Stored; 1 of 5 votes for the next run.');
  });

  it('wakes the twin with the vote that makes it due, and not before', async () => {
    const twin_id = await api.twin();
    const pokes = () => api.control.pokes.filter(({ twin }) => twin === twin_id).map(({ signal }) => signal);
    for (let n = 1; n <= 4; n++) await vote(unique('t'), { score: 1, twin_id, rater_id: `r${n}` });
    assert.deepEqual(pokes(), ['stateChanged'], 'its creation');
    const { body } = await vote(unique('t'), { score: 1, twin_id, rater_id: 'r5' });
    assert.equal(body.learning.enqueued, true);
    assert.deepEqual(pokes(), ['stateChanged', 'feedbackCaptured']);
  });

  it('takes attribution from the recorded prompt, not from the body', async () => {
    const id = await api.twin();
    const prompt = await api.call('POST', `/twins/${id}/prompt`, {
      body: { intent_label: 'advice_or_stance', query: 'Should I?' },
    });
    assert.equal(prompt.status, 200);
    const { trace_id, module_ids, spec_version } = prompt.body;
    const { status, body } = await vote(
      trace_id,
      { score: -1, intent_label: 'meta_or_system', module_ids: ['liar'], interaction_context: 'public_widget' },
      api.keys.ingest,
    );
    assert.equal(status, 202);
    assert.equal(body.counted, true);
    const [listed] = (await api.call('GET', `/twins/${id}/feedback`)).body.items;
    assert.equal(listed.intent_label, 'advice_or_stance');
    assert.equal(listed.interaction_context, 'owner_chat');
    assert.equal(listed.channel, 'owner');
    assert.equal(listed.query, 'Should I?');
    assert.equal(listed.spec_version, spec_version);
    assert.deepEqual(listed.module_ids.toSorted(), module_ids.toSorted());
  });

  it('replaces, recognises repetitions, and lists what became of each vote', async () => {
    const twin_id = await api.twin();
    const trace = unique('t');
    const thumb = { score: -1, twin_id, rater_id: 'ann', event_id: 'e1' };
    await vote(trace, thumb);
    const again = await vote(trace, thumb);
    assert.equal(again.body.duplicate, true);
    assert.equal(again.body.event_id, 'e1');
    const reused = await vote(trace, { ...thumb, score: 1 });
    assert.equal(reused.status, 409);
    assert.equal(reused.body.type, '/problems/event-id-reused');
    const comment = await vote(trace, { ...thumb, event_id: 'e2', comment: 'too short' });
    assert.equal(comment.body.duplicate, false);
    assert.equal(comment.body.learning.pending_events, 1);
    const { items } = (await api.call('GET', `/twins/${twin_id}/feedback?trace_id=${trace}&rater_id=ann`)).body;
    assert.deepEqual(
      items.map(({ event_id, pending, replaced, retracted, used, not_counted }: Record<string, unknown>) => ({
        event_id,
        pending,
        replaced,
        retracted,
        used,
        not_counted,
      })),
      [
        { event_id: 'e2', pending: true, replaced: false, retracted: false, used: null, not_counted: null },
        { event_id: 'e1', pending: false, replaced: true, retracted: false, used: null, not_counted: null },
      ],
    );
    for (const status of ['pending', 'replaced']) {
      const filtered = await api.call('GET', `/twins/${twin_id}/feedback?status=${status}`);
      assert.equal(filtered.body.items.length, 1, status);
    }
  });

  it('retracts, and again', async () => {
    const twin_id = await api.twin();
    const trace = unique('t');
    await vote(trace, { score: 1, twin_id, rater_id: 'ann' });
    const path = `/feedback/${trace}?twin_id=${twin_id}&rater_id=ann`;
    assert.equal((await api.call('DELETE', path)).status, 204);
    assert.equal((await api.call('DELETE', path)).status, 204);
    const { items } = (await api.call('GET', `/twins/${twin_id}/feedback?status=retracted`)).body;
    assert.equal(items.length, 1);
    assert.equal((await api.call('GET', `/twins/${twin_id}/learning`)).body.pending_events, 0);
    assert.equal((await api.call('DELETE', `/feedback/${unique('t')}`)).status, 404);
  });

  it('stores but does not count contexts that do not train', async () => {
    const twin_id = await api.twin();
    const { body } = await vote(unique('t'), { score: 1, twin_id }, api.keys.ingest);
    assert.equal(body.counted, false);
    assert.equal(body.not_counted_reason, 'context_not_trained');
    const { items } = (await api.call('GET', `/twins/${twin_id}/feedback?status=not_counted`)).body;
    assert.equal(items[0].interaction_context, 'public_widget');
    assert.equal(items[0].not_counted, 'context_not_trained');
    assert.equal(items[0].pending, false);
  });

  it('lets only owner keys claim an owner context or another source', async () => {
    const twin_id = await api.twin();
    for (const claim of [{ interaction_context: 'owner_chat' }, { source: 'manual_import' }]) {
      const refused = await vote(unique('t'), { score: 1, twin_id, ...claim }, api.keys.ingest);
      assert.equal(refused.status, 403, JSON.stringify(claim));
      assert.equal((await vote(unique('t'), { score: 1, twin_id, ...claim })).status, 202, JSON.stringify(claim));
    }
  });

  it('asks for the twin where the trace is unknown', async () => {
    const { status, body } = await vote(unique('t'), { score: 1 });
    assert.equal(status, 404);
    assert.match(body.detail, /twin_id/);
  });

  it('bounds every field with a pointer', async () => {
    const twin_id = await api.twin();
    const face = '\u{1F600}';
    const cases: [pointer: string, body: object][] = [
      ['/score', {}],
      ['/score', { score: 0 }],
      ['/score', { score: '1' }],
      ['/reason', { score: 1, reason: 'because' }],
      ['/comment', { score: 1, comment: face.repeat(501) }],
      ['/answer', { score: 1, answer: 'x'.repeat(20_001) }],
      ['/query', { score: 1, query: 'x'.repeat(20_001) }],
      ['/module_ids', { score: 1, module_ids: Array.from({ length: 51 }, (_, n) => `m${n}`) }],
      ['/module_ids/1', { score: 1, module_ids: ['a', 'b\u0000'] }],
      ['/interaction_context', { score: 1, interaction_context: 'street' }],
      ['/rater_id', { score: 1, rater_id: '' }],
      ['/event_id', { score: 1, event_id: 'x'.repeat(201) }],
      ['/occurred_at', { score: 1, occurred_at: new Date(Date.now() + 6 * 60_000).toISOString() }],
      ['/occurred_at', { score: 1, occurred_at: 'yesterday' }],
      ['/comment', { score: 1, comment: 'a\u0000b' }],
      ['/comment', { score: 1, comment: 'a\ud800b' }],
      ['/twin_id', { score: 1, twin_id: 'a b' }],
    ];
    for (const [pointer, body] of cases) {
      const answer = await vote('trace', { twin_id, ...body });
      assert.equal(answer.status, 422, `${pointer} ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.type, '/problems/validation');
      assert.deepEqual([...new Set(answer.body.errors.map((error: { pointer: string }) => error.pointer))], [pointer]);
    }
    assert.equal((await vote(unique('t'), { score: 1, twin_id, comment: face.repeat(500) })).status, 202);
    for (const trace of ['x'.repeat(201), 'a%20b', 'a%00']) {
      const answer = await vote(trace, { score: 1, twin_id });
      assert.equal(answer.status, 422, trace);
      assert.equal(answer.body.errors[0].pointer, '/trace_id');
    }
    assert.equal((await vote('x'.repeat(200), { score: 1, twin_id })).status, 202);
    assert.equal((await vote(unique('t'), { score: 1, twin_id, another_field: 1, rater_id: null })).status, 202);
  });

  it('takes a batch, with a result or a problem for each item in order', async () => {
    const twin_id = await api.twin();
    const { status, body } = await api.call('POST', '/feedback', {
      body: {
        items: [
          { trace_id: 'b1', score: 1, twin_id, rater_id: 'a', event_id: 'x1' },
          { trace_id: 'b2', score: 5, twin_id },
          'nonsense',
          { trace_id: 'b3', score: -1, twin_id, comment: 'a\u0000' },
          { trace_id: 'b1', score: 1, twin_id, rater_id: 'a', event_id: 'x1' },
          { trace_id: 'b1', score: -1, twin_id, rater_id: 'a', event_id: 'x1' },
          { trace_id: 'b4', score: 1, twin_id: 'nobody' },
          { trace_id: 'b5', score: 1, twin_id, interaction_context: 'public_share' },
          { trace_id: 'b6', score: 1 },
        ],
      },
    });
    assert.equal(status, 202);
    assert.deepEqual(
      body.items.map((item: Record<string, unknown>) => (item['success'] === true ? item['duplicate'] : item['type'])),
      [
        false,
        '/problems/validation',
        '/problems/validation',
        '/problems/validation',
        true,
        '/problems/event-id-reused',
        '/problems/not-found',
        false,
        '/problems/not-found',
      ],
    );
    assert.equal(body.items[1].errors[0].pointer, '/items/1/score');
    assert.equal(body.items[3].errors[0].pointer, '/items/3/comment');
    assert.equal(body.items[3].trace_id, 'b3');
    assert.deepEqual(
      { stored: body.stored, duplicate: body.duplicate, not_counted: body.not_counted, failed: body.failed },
      { stored: 2, duplicate: 1, not_counted: 1, failed: 6 },
    );
    assert.equal((await api.call('GET', `/twins/${twin_id}/learning`)).body.pending_events, 1);
  });

  it('takes 1,000 votes in a batch and not one more', async () => {
    const twin_id = await api.twin();
    const items = Array.from({ length: 1_000 }, (_, n) => ({
      trace_id: `k${n}`,
      score: 1,
      twin_id,
      rater_id: `r${n}`,
    }));
    const { status, body } = await api.call('POST', '/feedback', { body: { items, learn: 'later' } });
    assert.equal(status, 202);
    assert.equal(body.stored, 1_000);
    const more = await api.call('POST', '/feedback', { body: { items: [...items, items[0]] } });
    assert.equal(more.status, 422);
    assert.equal(more.body.errors[0].pointer, '/items');
  });

  it('groups votes that come at once, and stores each exactly once', async () => {
    const twin_id = await api.twin();
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => vote(`g${n}`, { score: 1, twin_id, rater_id: `r${n % 100}` })),
    );
    assert.ok(answers.every(({ status, body }) => status === 202 && body.duplicate === false));
    assert.equal((await api.call('GET', `/twins/${twin_id}/learning`)).body.pending_events, 300);
    const pokes = api.control.pokes.filter(({ twin, signal }) => twin === twin_id && signal === 'feedbackCaptured');
    assert.ok(pokes.length > 0 && pokes.length < 20, `${pokes.length} pokes for 300 votes`);
  });

  it('lists the reasons', async () => {
    const { body } = await api.call('GET', '/feedback/reasons', { key: api.keys.ingest });
    const codes = [...body.positive, ...body.negative].map(({ reason }: { reason: string }) => reason);
    assert.deepEqual([...new Set(codes)].toSorted(), [
      'great_answer',
      'hallucination',
      'helpful',
      'incomplete',
      'incorrect',
      'off_topic',
      'other',
    ]);
  });
});
