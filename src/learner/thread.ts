import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../db/client.ts';
import { createQuestions } from './questions.ts';
import { toPlainError, type Question, type Reply } from './wire.ts';

/** Entry of the learner's thread; `learner.ts` starts it. */
export interface ThreadData {
  readonly databaseUrl: string;
}

const port = parentPort;
if (port === null) throw new Error('this is the entry of a thread: createLearner starts it');
const { databaseUrl } = workerData as ThreadData;
// One question at a time, which reads with a few queries at once.
const questions = createQuestions(openDatabase(databaseUrl, { max: 3 }));

const reply = (message: Reply): void => port.postMessage(message);

port.on('message', ({ question, input }: Question) => {
  // The pair is one of Question's, which the compiler cannot follow through a look-up.
  const answer = questions[question] as (of: typeof input) => Promise<unknown>;
  void answer(input)
    .then((value) => reply({ ok: true, value }))
    .catch((error: unknown) => reply({ ok: false, error: toPlainError(error) }));
});
