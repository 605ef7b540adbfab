import { MessageReader, simpleQuery, texts, type Message } from './postgres-messages.ts';
import type { Tap } from './tcp-proxy.ts';

/** A transaction, up to now or at its commit. */
export interface Commit {
  /** SQL of its statements, in order. */
  readonly statements: readonly string[];
  /** Their parameters as they were sent, for ids to be found in. */
  readonly parameters: string;
}

/** `during`: at a statement of the transaction, the last; `before` its commit, and `after` it. */
export type Moment = 'during' | 'before' | 'after';

/**
 * Hears of each statement and each commit before Postgres does, and of each commit again when Postgres has done it but
 * the client has not heard of it. That direction of the connection stands still until it resolves. 'skip' before a
 * commit rolls it back instead, behind its client's back.
 */
export type OnCommit = (when: Moment, commit: Commit) => Promise<'skip' | void>;

/** What may write without a transaction around it. */
const WRITES = /^\s*(insert|update|delete|with|select [a-z_.]+\()/i;

interface Transaction {
  readonly explicit: boolean;
  readonly statements: string[];
  readonly parameters: string[];
}

/** Follows the transactions of one Postgres connection; a writing statement on its own is one, too. */
export class CommitTap implements Tap {
  readonly #onCommit: OnCommit;
  readonly #client = new MessageReader({ untyped: true });
  readonly #server = new MessageReader({ untyped: false });
  readonly #prepared = new Map<string, string>();
  #transaction: Transaction | undefined;
  /** Answers (ReadyForQuery) that the client has asked for, and those that came; the first comes unasked. */
  #asked = 0;
  #answered = -1;
  /** By the answer that ends it. */
  readonly #committing = new Map<number, Commit>();
  readonly #held: Buffer[] = [];
  /** A commit was replaced: the rest of it is kept from Postgres. */
  #swallowing = false;

  constructor(onCommit: OnCommit) {
    this.#onCommit = onCommit;
  }

  async *fromClient(chunk: Buffer): AsyncGenerator<Buffer> {
    for (const message of this.#client.read(chunk)) {
      const instead = await this.#sent(message);
      if (instead !== undefined) yield instead;
    }
  }

  async *fromServer(chunk: Buffer): AsyncGenerator<Buffer> {
    for (const { type, bytes } of this.#server.read(chunk)) {
      this.#held.push(bytes);
      const commit = this.#committing.get(this.#answered + 1);
      if (type === 'Z') {
        this.#answered += 1;
        this.#committing.delete(this.#answered);
        if (commit !== undefined) await this.#onCommit('after', commit);
      } else if (commit !== undefined) continue;
      yield Buffer.concat(this.#held.splice(0));
    }
  }

  /** What goes on to Postgres in place of a message. */
  async #sent({ type, body, bytes }: Message): Promise<Buffer | undefined> {
    if (this.#swallowing && 'BES'.includes(type)) {
      if (type === 'S') this.#swallowing = false;
      return undefined;
    }
    if (type === 'P') {
      const [name = '', sql = ''] = texts(body, 2);
      this.#prepared.set(name, sql);
    } else if (type === 'B') {
      const sql = this.#prepared.get(texts(body, 2)[1] ?? '') ?? '';
      const commits = this.#begins(sql, body) === 'commit';
      if (commits && (await this.#commits(this.#asked + 1)) === 'skip') {
        this.#swallowing = true;
        this.#asked += 1;
        return simpleQuery('rollback');
      }
      if (!commits && this.#transaction?.explicit === true) await this.#onCommit('during', this.#soFar());
    } else if (type === 'Q' || type === 'S') {
      this.#asked += 1;
      const commits = type === 'Q' && this.#begins(texts(body, 1)[0] ?? '', body) === 'commit';
      if (commits || this.#transaction?.explicit === false) {
        if ((await this.#commits(this.#asked)) === 'skip') return simpleQuery('rollback');
      }
    }
    return bytes;
  }

  #begins(sql: string, body: Buffer): 'commit' | undefined {
    const word = /^\s*([a-z]+)/i.exec(sql)?.[1]?.toLowerCase();
    if (word === 'begin') this.#transaction = { explicit: true, statements: [], parameters: [] };
    else if (word === 'commit') return 'commit';
    else if (word === 'rollback') this.#transaction = undefined;
    else if (this.#transaction !== undefined || WRITES.test(sql)) {
      this.#transaction ??= { explicit: false, statements: [], parameters: [] };
      this.#transaction.statements.push(sql);
      this.#transaction.parameters.push(body.toString('latin1'));
    }
    return undefined;
  }

  async #commits(answer: number): Promise<'skip' | void> {
    const commit = this.#soFar();
    this.#transaction = undefined;
    if ((await this.#onCommit('before', commit)) === 'skip') return 'skip';
    this.#committing.set(answer, commit);
  }

  #soFar(): Commit {
    const { statements = [], parameters = [] } = this.#transaction ?? {};
    return { statements, parameters: parameters.join('\n') };
  }
}
