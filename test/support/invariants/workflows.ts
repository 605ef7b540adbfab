import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { findSweepCandidates } from '../../../src/db/sweep.ts';
import { ENCRYPTED, SWEEP_WORKFLOW, twinWorkflowId } from '../../../src/workflows/contract.ts';
import { offendersIn, type Inspected, type Invariant, type InvariantOptions } from './invariant.ts';

const HISTORY_LIMIT = 4_096;
/** The attempt after two that failed: a bug, or code that does not replay. */
const STUCK_ATTEMPTS = 3;

async function twinIdsOf({ database }: Inspected, { twinIds }: InvariantOptions): Promise<readonly string[]> {
  if (twinIds !== undefined) return twinIds;
  const rows = await database.db.execute<{ id: string }>(sql`select id from twins order by id`);
  return rows.map((row) => row.id);
}

/** The newest execution of a workflow; undefined when there never was one. */
async function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export const openJobsLive: Invariant = {
  name: 'I4',
  rule: 'no open job without a live workflow, or the sweep heals it',
  async offenders({ database, client }) {
    if (client === undefined) return [];
    const open = await database.db.execute<{ id: string; twin_id: string }>(sql`
      select j.id, j.twin_id from jobs j join twins t on t.id = j.twin_id and t.deleted_at is null
      where j.job_type = 'feedback_learning' and j.status in ('queued', 'processing')`);
    const query = { minEvents: 1, defaultMinEvents: 1, limit: 100_000, tenantId: null };
    const found = open.length === 0 ? [] : await findSweepCandidates(database.db, query);
    const healed = new Set(found.filter((one) => one.reason === 'stale_job').map((one) => one.twin_id));
    const lost: string[] = [];
    for (const { id, twin_id } of open) {
      const status = (await describe(client, twinWorkflowId(twin_id)))?.status.name ?? 'never started';
      if (status !== 'RUNNING' && !healed.has(twin_id)) lost.push(`twin ${twin_id}: job ${id}, workflow ${status}`);
    }
    return lost;
  },
};

export const workflowsWell: Invariant = {
  name: 'I8',
  rule: 'no twin workflow failed or stuck; history under 4,096 events',
  async offenders(system, options) {
    const { client } = system;
    if (client === undefined) return [];
    const limit = options.historyLimit ?? HISTORY_LIMIT;
    const ill: string[] = [];
    for (const twinId of await twinIdsOf(system, options)) {
      const execution = await describe(client, twinWorkflowId(twinId));
      if (execution === undefined) continue;
      const { status, historyLength, raw } = execution;
      const attempts = raw.pendingWorkflowTask?.attempt ?? 0;
      if (status.name === 'FAILED' || status.name === 'TIMED_OUT') ill.push(`twin ${twinId}: ${status.name}`);
      if (attempts >= STUCK_ATTEMPTS) ill.push(`twin ${twinId}: stuck, workflow task attempt ${attempts}`);
      if (historyLength >= limit) ill.push(`twin ${twinId}: ${historyLength} events of history`);
    }
    return ill;
  },
};

/** Every text in a value, payloads decoded. Throws on what the client cannot decrypt: nobody could say what it holds. */
async function* textsOf(value: unknown, codecs: readonly PayloadCodec[]): AsyncGenerator<string> {
  if (typeof value === 'string') yield value;
  else if (value instanceof Uint8Array) yield Buffer.from(value).toString('utf8');
  else if (typeof value === 'object' && value !== null) {
    let plain = value;
    if ('metadata' in value && 'data' in value) {
      for (const codec of codecs) plain = (await codec.decode([value as Payload]))[0] ?? value;
      const { metadata } = plain as Payload;
      const encoding = Buffer.from(metadata?.[METADATA_ENCODING_KEY] ?? []).toString();
      if (encoding === ENCRYPTED) throw new Error('a payload is encrypted, and the client that searches has no keys');
    }
    for (const inner of Object.values(plain)) yield* textsOf(inner, codecs);
  }
}

/** Of every execution of a workflow: the newest, and those that are closed, which only visibility lists. */
async function historiesWith(client: Client, workflowId: string, canaries: readonly string[]): Promise<string[]> {
  const runIds = new Set<string>();
  const newest = await describe(client, workflowId);
  if (newest !== undefined) runIds.add(newest.runId);
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runIds.add(runId);
  const found: string[] = [];
  for (const runId of runIds) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of history.events ?? []) {
      const said = new Set<string>();
      for await (const text of textsOf(event, client.options.loadedDataConverter.payloadCodecs))
        for (const canary of canaries) if (text.includes(canary)) said.add(canary);
      if (said.size > 0)
        found.push(`${workflowId}: ${[...said].join(', ')} in event ${String(event.eventId)} of run ${runId}`);
    }
  }
  return found;
}

/** Twins' workflows, and where not only some twins are looked at the sweep's. */
async function workflowIdsOf(client: Client, system: Inspected, options: InvariantOptions): Promise<Set<string>> {
  const ids = new Set((await twinIdsOf(system, options)).map(twinWorkflowId));
  if (options.twinIds !== undefined) return ids;
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${SWEEP_WORKFLOW}'` })) {
    ids.add(workflowId);
  }
  return ids;
}

export const noFeedbackText: Invariant = {
  name: 'I10',
  rule: 'no feedback text in histories, logs, metrics or errors',
  async offenders(system, options) {
    const { canaries = [], captured = {} } = options;
    if (canaries.length === 0) return [];
    const rows = await offendersIn(
      system,
      sql`
        select format('%s in %s', canary, place) as offender from (
          select 'job_logs ' || id as place, message || metadata::text as text from job_logs
          union all select 'jobs ' || id, coalesce(error_message, '') || metadata::text from jobs
          union all select 'audit_log ' || id, detail::text from audit_log
        ) written, jsonb_array_elements_text(${JSON.stringify(canaries)}::jsonb) canary
        where position(canary in text) > 0`,
    );
    const caught = Object.entries(captured).flatMap(([name, text]) =>
      canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${name}`),
    );
    const histories: string[] = [];
    for (const workflowId of system.client === undefined ? [] : await workflowIdsOf(system.client, system, options)) {
      histories.push(...(await historiesWith(system.client as Client, workflowId, canaries)));
    }
    return [...rows, ...caught, ...histories];
  },
};
