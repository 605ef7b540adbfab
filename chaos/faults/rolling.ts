import type { Fault } from '../fault.ts';
import { secondAttempts } from '../histories.ts';

/** What a client may meet while one of two APIs is restarted: it has sent nothing yet, and asks the other one. */
const ALLOWED = 'ECONNREFUSED';

export const rollingWorkers: Fault = {
  name: 'rolling-workers',
  what: 'SIGTERM of one worker after the other, each started again before the next, while twins learn',
  learners: 6,
  async run({ system, learners, learn, progress }) {
    const { workers } = system;
    const share = Math.ceil(learners.length / workers.length);
    for (const [n, worker] of workers.entries()) {
      learn(learners.slice(n * share, (n + 1) * share));
      const pid = await worker.pid();
      progress(`  SIGTERM to ${worker.name}`);
      await worker.signal('SIGTERM');
      await worker.replaced(pid);
      await system.ready();
    }
    return { fired: workers.length, afterwards: () => secondAttempts(system, learners) };
  },
};

export const rollingApis: Fault = {
  name: 'rolling-apis',
  what: 'SIGTERM of one API after the other, each started again before the next, while votes come in',
  learners: 2,
  votesPerSecond: 100,
  async run({ system, learners, learn, progress }) {
    learn(learners);
    for (const api of system.apis) {
      const pid = await api.pid();
      progress(`  SIGTERM to ${api.name}`);
      await api.signal('SIGTERM');
      await api.replaced(pid);
      await system.ready();
    }
    return {
      fired: system.apis.length,
      afterwards: async (votes) => {
        const failed = votes.flatMap((line) =>
          line.failed === undefined || line.failed === ALLOWED ? [] : [line.failed],
        );
        return failed.length === 0 ? [] : [`${failed.length} requests failed: ${[...new Set(failed)].join(', ')}`];
      },
    };
  },
};
