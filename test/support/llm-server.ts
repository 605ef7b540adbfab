import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedQuestion {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    model: string;
    temperature: number;
    max_tokens: number;
    messages: { role: string; content: string }[];
  };
}

/** What the server does with a question; the number of questions so far starts at 1. */
export type Behaviour = (response: ServerResponse, question: AskedQuestion, count: number) => void;

export interface LlmServer {
  readonly baseUrl: string;
  readonly asked: readonly AskedQuestion[];
  behave(behaviour: Behaviour): void;
  stop(): Promise<void>;
}

const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const completion = (content: string) => ({
  id: 'test',
  object: 'chat.completion',
  created: 0,
  model: 'test-model',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** Answers with this text, or with what a function makes of the question. */
export const answering =
  (text: string | ((question: AskedQuestion) => string)): Behaviour =>
  (response, question) =>
    json(response, 200, completion(typeof text === 'string' ? text : text(question)));

export const failing =
  (status: number, body: unknown = { error: { message: 'no' } }): Behaviour =>
  (response) =>
    json(response, status, body);

/** Sends the body as it is, with status 200. */
export const sending =
  (body: string): Behaviour =>
  (response) =>
    json(response, 200, body);

export const silent: Behaviour = () => {};

/** Promises more than it sends, and closes the connection. */
export const dropping: Behaviour = (response) => {
  const body = JSON.stringify(completion('[]'));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.slice(0, 20), () => response.destroy());
};

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** An OpenAI-compatible endpoint of the test's own, that does what it is told. */
export async function startLlmServer(first: Behaviour): Promise<LlmServer> {
  let behaviour = first;
  const asked: AskedQuestion[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const { url = '', headers } = request;
      const question = { path: url, authorization: headers.authorization, body: JSON.parse(text) };
      asked.push(question);
      behaviour(response, question, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    asked,
    behave(next) {
      behaviour = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
