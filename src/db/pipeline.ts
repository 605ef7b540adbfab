import type postgres from 'postgres';
import { isConnectionError } from './errors.ts';
import type { BoundStatement } from './statement.ts';

/** Sends a statement at once, whatever is still to be answered, and gives its rows. */
export type Send = <Row>(statement: BoundStatement) => Promise<readonly Row[]>;

/** A transaction in two steps, because that is what it costs: two round trips. */
export interface PipelinedWork<Read, Result> {
  /** Sends all that is read, locks first; answers come in this order. */
  readonly read: (send: Send) => Promise<Read>;
  /** Sends all that is written, without waiting for anything. */
  readonly write: (found: Read, send: Send) => Written<Result>;
}

interface Written<Result> {
  readonly value: Result;
  readonly writes: readonly Promise<unknown>[];
}

/**
 * A plan that is kept fits the tables as they were: it may read all of what has grown since. So it is kept only while a
 * table cannot grow much, which saves nearly all of the planning of a busy connection.
 */
const KEEP_PLANS_MS = 1_000;

/**
 * Longer than a healthy transaction needs, locks included. Whoever does not answer by then may never answer (a host that
 * vanished, a network that swallows), and TCP would find out in a quarter of an hour.
 */
const LONGEST_MS = 8_000;

const DISCARD_PLANS = { text: 'discard plans', values: [] };
const BEGIN = { text: 'begin', values: [] };
const COMMIT = { text: 'commit', values: [] };
const ROLLBACK = { text: 'rollback', values: [] };

/**
 * Connections for transactions whose statements are sent without waiting for each other's answers (PostgreSQL's pipeline
 * mode). Their statements are prepared, and planned once a second.
 */
export class Pipelines {
  readonly #connect: (onClose: () => void) => postgres.Sql;
  readonly #longestMs: number;
  readonly #all = new Set<postgres.Sql>();
  readonly #free: postgres.Sql[] = [];
  /** When each connection's plans were made; none of a connection that is not open. */
  readonly #planned = new WeakMap<postgres.Sql, number>();
  readonly #waiting: ((connection: postgres.Sql) => void)[] = [];

  /**
   * `connect` gives a client of one connection (`max: 1`), which opens on first use and says when it closes; there are
   * `count` of them. A transaction ends after `longestMs` milliseconds, as one whose connection was lost.
   */
  constructor(count: number, connect: (onClose: () => void) => postgres.Sql, longestMs = LONGEST_MS) {
    this.#connect = connect;
    this.#longestMs = longestMs;
    for (let index = 0; index < count; index++) this.#free.push(this.#new());
  }

  /**
   * Runs a transaction. The commit follows the writes at once, and does nothing when one of them fails. Throws what
   * Postgres throws; then nothing is stored, but for a connection that was lost during the commit.
   */
  async transaction<Read, Result>(work: PipelinedWork<Read, Result>): Promise<Result> {
    const connection = this.#free.pop() ?? (await new Promise<postgres.Sql>((resolve) => this.#waiting.push(resolve)));
    const timer = setTimeout(() => this.#drop(connection), this.#longestMs);
    try {
      const result = await this.#run(connection, work);
      this.#release(connection);
      return result;
    } catch (error) {
      if (isConnectionError(error)) this.#drop(connection);
      this.#release(this.#all.has(connection) ? connection : this.#new());
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #run<Read, Result>(connection: postgres.Sql, { read, write }: PipelinedWork<Read, Result>): Promise<Result> {
    const backends = new Set<number>();
    const send: Send = async <Row>({ text, values }: BoundStatement) => {
      const rows = await connection.unsafe(text, [...values] as never[], { prepare: true }).execute();
      backends.add(rows.state.pid);
      return rows as unknown as readonly Row[];
    };
    // Alone: when a connection cannot be opened, its client fails the first statement only, and runs those that wait
    // behind it on the next one, a transaction that nobody ends.
    if (!this.#planned.has(connection)) await this.#discardOldPlans(connection, send);
    try {
      const [, , found] = await Promise.all([this.#discardOldPlans(connection, send), send(BEGIN), read(send)]);
      // A statement that waited while its connection was lost runs on the next one, outside of the transaction.
      if (backends.size !== 1) throw connectionLost();
      const { value, writes } = write(found, send);
      const ends = await Promise.allSettled([...writes, send(COMMIT)]);
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      if (backends.size !== 1) throw connectionLost();
      return value;
    } catch (error) {
      if (!isConnectionError(error)) await send(ROLLBACK);
      throw error;
    }
  }

  #discardOldPlans(connection: postgres.Sql, send: Send): Promise<unknown> | undefined {
    const now = performance.now();
    if (now - (this.#planned.get(connection) ?? 0) < KEEP_PLANS_MS) return undefined;
    this.#planned.set(connection, now);
    return send(DISCARD_PLANS);
  }

  #release(connection: postgres.Sql): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }

  #new(): postgres.Sql {
    const connection = this.#connect(() => this.#planned.delete(connection));
    this.#all.add(connection);
    return connection;
  }

  /** What is under way on it fails, and nothing more is sent, whatever its client makes of it. */
  #drop(connection: postgres.Sql): void {
    if (this.#all.delete(connection)) void connection.end({ timeout: 0 });
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.end({ timeout: 5 })));
  }
}

const connectionLost = (): Error => Object.assign(new Error('The connection was lost.'), { code: 'CONNECTION_CLOSED' });
