import assert from 'node:assert/strict';
import { createLog, type LogLevel } from '../../src/log.ts';
import { temporalLogger } from '../../src/temporal-log.ts';
import { openTestApi, type Json, type TestApi } from '../api/harness.ts';

function collected(level: LogLevel) {
  const lines: Json[] = [];
  const log = createLog('worker', level, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

describe('the log', () => {
  it('is a JSON line each, with time, level and process, from its level on', () => {
    const { log, lines } = collected('warning');
    log('info', 'not written');
    log('warning', 'written', { twin_id: 'a' });
    const [{ time, ...line }] = lines as [Json];
    assert.equal(new Date(time).toISOString(), time);
    assert.deepEqual(line, { level: 'warning', process: 'worker', twin_id: 'a', message: 'written' });
    assert.equal(lines.length, 1);
    assert.deepEqual([log.verbose, collected('debug').log.verbose], [false, true]);
  });

  it('blanks keys and authorization, wherever a field has them', () => {
    const { log, lines } = collected('info');
    log('info', 'request', { authorization: 'Bearer canary', headers: { authorization: 'canary', api_key: 'canary' } });
    assert.doesNotMatch(JSON.stringify(lines), /canary/);
    assert.equal(lines[0].headers.authorization, '[redacted]');
  });

  it('says of a failed query its code, and none of its values', () => {
    const { log, lines } = collected('info');
    const error = Object.assign(new Error('insert ... params: canary'), { query: 'insert', code: '23505' });
    temporalLogger(log).warn('Activity failed', { error });
    assert.deepEqual(lines[0].error, { name: 'Error', code: '23505' });
  });

  it("has the SDK's lines with twin, workflow, run, activity and attempt", () => {
    const { log, lines } = collected('info');
    const logger = temporalLogger(log);
    logger.debug('not written', { workflowId: 'twin-mara' });
    logger.warn('waits', {
      workflowId: 'twin-mara',
      workflowRunId: 'r',
      activityType: 'learn',
      attempt: 2,
      jobId: 'j',
    });
    const [{ time: _, ...line }] = lines as [Json];
    assert.deepEqual(line, {
      level: 'warning',
      process: 'worker',
      twin_id: 'mara',
      workflow_id: 'twin-mara',
      run_id: 'r',
      activity_type: 'learn',
      attempt: 2,
      job_id: 'j',
      message: 'waits',
    });
    assert.equal(lines.length, 1);
  });
});

describe('the log of requests', () => {
  let api: TestApi;
  const lines: Json[] = [];
  before(async () => {
    const log = createLog('server', 'debug', { write: (line) => void lines.push(JSON.parse(line)) });
    api = await openTestApi({ log });
  });
  after(() => api.close());

  it('has each by its route, with its id, without its query, its body and its key', async () => {
    const body = { twin_id: await api.twin(), score: 1, comment: 'canary' };
    lines.length = 0;
    const { status } = await api.call('POST', '/feedback/trace-1?canary=canary', {
      body,
      headers: { 'x-request-id': 'request-1' },
    });
    assert.equal(status, 202);
    const [{ time: _, duration_seconds, ...line }] = lines as [Json];
    assert.ok(duration_seconds > 0);
    assert.deepEqual(line, {
      level: 'debug',
      process: 'server',
      request_id: 'request-1',
      method: 'POST',
      route: '/feedback/:trace_id',
      status: 202,
      message: 'request answered',
    });
  });

  it('has what failed on our side as an error', async () => {
    lines.length = 0;
    api.control.onRequest = async () => {
      throw new TypeError('canary');
    };
    const path = `/twins/${await api.twin()}/persona-feedback-learning/runs`;
    lines.length = 0;
    assert.equal((await api.call('POST', path, { body: { force: true } })).status, 500);
    assert.deepEqual(
      lines.map(({ level, message, status }) => [level, message, status]),
      [
        ['error', 'request failed', undefined],
        ['error', 'request answered', 500],
      ],
    );
    assert.doesNotMatch(JSON.stringify(lines), /canary/);
  });
});
