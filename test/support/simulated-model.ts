import { regressionCases } from '../../src/gate/cases/built-in.ts';
import type { LanguageModel, ModelRequest } from '../../src/llm/model.ts';

/** What a judge is shown. */
export interface ShownPair {
  readonly persona: string;
  readonly message: string;
  readonly A: string;
  readonly B: string;
}

type Asked = Pick<ModelRequest, 'system' | 'prompt'>;

export const isVerdict = ({ prompt }: Asked): boolean => prompt.startsWith('BEGIN DATA\n');
export const shownPair = ({ prompt }: Asked): ShownPair => JSON.parse(prompt.split('\n')[1] ?? '');

export interface Simulation {
  /** The answer to a message under a prompt. */
  readonly answer: (system: string, message: string) => string;
  /** How good an answer is; the judge prefers the better one, wherever it stands. */
  readonly merit?: (answer: string) => number;
  /** In place of a judge who knows what he does. */
  readonly verdict?: (shown: ShownPair) => string;
}

/** A judge who knows the answers of the built-in cases, and otherwise goes by merit. */
function soundVerdict({ message, A, B }: ShownPair, merit: (answer: string) => number): string {
  const known = regressionCases.filter(({ query }) => query === message).flatMap(({ answers }) => answers);
  const rank = (text: string) => (known.some((one) => one.text === text) ? 1_000 : merit(text));
  const verdict = rank(A) === rank(B) ? 'tie' : rank(A) > rank(B) ? 'A' : 'B';
  return JSON.stringify({ verdict });
}

/** A language model that answers and judges as told, at once. */
export const simulate =
  ({ answer, merit = () => 0, verdict }: Simulation) =>
  (asked: Asked): string => {
    if (!isVerdict(asked)) return answer(asked.system, asked.prompt);
    const shown = shownPair(asked);
    return verdict?.(shown) ?? soundVerdict(shown, merit);
  };

export function simulatedModel(simulation: Simulation): LanguageModel & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  const respond = simulate(simulation);
  return {
    id: 'simulated',
    asked,
    async ask(request) {
      asked.push(request);
      return respond(request);
    },
  };
}
