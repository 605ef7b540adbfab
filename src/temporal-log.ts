import type { Logger, LogLevel as TemporalLevel, LogMetadata } from '@temporalio/common';
import type { Log, LogLevel } from './log.ts';

const LEVELS: Readonly<Record<TemporalLevel, LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warning',
  ERROR: 'error',
};
const TWIN_WORKFLOW = /^twin-(?<twin>.+)$/;
/** As the other lines name it, where the SDK's word differs by more than its case. */
const NAMES: Readonly<Record<string, string>> = { workflowRunId: 'run_id' };
/** Of no use to a reader: opaque, or said by the rest. */
const DROPPED = new Set(['taskToken', 'isLocal', 'message', 'level', 'time', 'process']);

const snakeCase = (name: string): string =>
  NAMES[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The SDK's fields under the names that our own lines use, and the twin whose workflow it is. */
function fieldsOf(meta: LogMetadata): Record<string, unknown> {
  const fields = Object.fromEntries(
    Object.entries(meta).flatMap(([name, value]) => (DROPPED.has(name) ? [] : [[snakeCase(name), value]])),
  );
  const twin = TWIN_WORKFLOW.exec(String(meta['workflowId'] ?? ''))?.groups?.['twin'];
  return twin === undefined ? fields : { twin_id: twin, ...fields };
}

/** What the SDK, its core, workflows and activities log, as lines of `log`. */
export function temporalLogger(log: Log): Logger {
  const write = (level: TemporalLevel, message: string, meta: LogMetadata = {}): void => {
    if (LEVELS[level] === 'debug' && log.verbose !== true) return;
    log(LEVELS[level], message, fieldsOf(meta));
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}
