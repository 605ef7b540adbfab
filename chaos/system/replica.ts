import { readFile, stat } from 'node:fs/promises';
import type { Child, Children } from '../../bench/throughput/system/children.ts';
import { waitUntil } from '../../src/dev/readiness.ts';
import { CommitTap, type OnCommit } from '../proxy/commit-tap.ts';
import { TcpProxy } from '../proxy/tcp-proxy.ts';

/** Longer than a drain and a grace period. */
const REPLACED_TIMEOUT_MS = 45_000;

export interface ReplicaPlan {
  readonly children: Children;
  readonly name: string;
  readonly postgresPort: number;
  readonly temporalPort: number;
  /** For a process that reaches both at these ports. */
  launch(ports: { readonly postgres: number; readonly temporal: number }): {
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
  };
  readonly onCommit: (replica: Replica, ...commit: Parameters<OnCommit>) => ReturnType<OnCommit>;
}

/** A worker or an API, with proxies of its own before Postgres and Temporal; started again whenever it ends. */
export interface Replica {
  readonly name: string;
  readonly postgres: TcpProxy;
  readonly temporal: TcpProxy;
  /** Its log files: one for each time that it was started by hand. */
  readonly logs: readonly string[];
  pid(): Promise<number>;
  /** Sends a signal; one that ends is started again within a moment. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when another process than this one runs in its place. */
  replaced(pid: number): Promise<void>;
  /** Ends it until start(). */
  stop(): Promise<void>;
  /** `nodeOptions` come before its entry. */
  start(nodeOptions?: readonly string[]): void;
  /** Whether the process that runs now has logged this. */
  saidSinceStart(message: string): Promise<boolean>;
  /** Whether it has logged this since it was started by hand. */
  hasLogged(text: string): Promise<boolean>;
  logTail(lines: number): Promise<string>;
}

export async function createReplica(plan: ReplicaPlan): Promise<Replica> {
  const { children, name } = plan;
  const onCommit: OnCommit = (...commit) => plan.onCommit(replica, ...commit);
  const postgres = await TcpProxy.listen(plan.postgresPort, () => new CommitTap(onCommit));
  const temporal = await TcpProxy.listen(plan.temporalPort);
  const { args, env } = plan.launch({ postgres: postgres.port, temporal: temporal.port });
  const logs: string[] = [];
  let current: Child | undefined;
  const running = (): Child => {
    if (current === undefined) throw new Error(`${name} was stopped`);
    return current;
  };
  const replica: Replica = {
    name,
    postgres,
    temporal,
    logs,
    pid: () => running().pid(),
    async signal(signal) {
      const child = running();
      // What is killed on purpose does not crash at its start: the supervisor must not wait longer each time.
      child.process.crashes = 0;
      process.kill(await child.pid(), signal);
    },
    async replaced(pid) {
      const other = async (): Promise<boolean> => (await running().pid()) !== pid;
      if (!(await waitUntil(other, REPLACED_TIMEOUT_MS))) throw new Error(`${name} (${pid}) does not end`);
    },
    async stop() {
      await running().stop();
      current = undefined;
    },
    start(nodeOptions = []) {
      current = children.start(name, { command: process.execPath, args: [...nodeOptions, ...args], env });
      logs.push(current.process.spec.logFile);
    },
    async saidSinceStart(message) {
      const { logFile, pidFile } = running().process.spec;
      const [text, { mtimeMs }] = await Promise.all([readFile(logFile, 'utf8'), stat(pidFile)]);
      const said = text.split('\n').findLast((line) => line.startsWith('{') && line.includes(message));
      return said !== undefined && Date.parse((JSON.parse(said) as { time: string }).time) >= mtimeMs;
    },
    hasLogged: async (text) => (await readFile(running().process.spec.logFile, 'utf8')).includes(text),
    logTail: (lines) => running().process.logTail(lines),
  };
  replica.start();
  return replica;
}
