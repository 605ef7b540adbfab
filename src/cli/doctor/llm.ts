import type { Config } from '../../config.ts';
import { LlmError } from '../../llm/model.ts';
import { createLanguageModel } from '../../llm/openai-compatible.ts';
import { examine, missing, ok, type Finding } from './finding.ts';

const TIMEOUT_MS = 10_000;
const CHECK = 'language model';
const MEND = 'set LLM_BASE_URL, LLM_MODEL and LLM_API_KEY right, or unset them to learn without';

/** Whether a language model is configured, and answers one short question. */
export async function examineLlm({ llm }: Config): Promise<Finding> {
  if (llm === undefined) return { check: CHECK, ...ok('off: LLM_BASE_URL is not set') };
  return examine(CHECK, MEND, async () => {
    const model = createLanguageModel({ ...llm.endpoint, requestTimeoutMs: TIMEOUT_MS });
    try {
      await model.ask({ system: 'Answer with the word OK.', prompt: 'Are you there?', maxOutputTokens: 500 });
      return ok(`${model.id} answers`);
    } catch (error) {
      if (!(error instanceof LlmError)) throw error;
      return missing(`${error.message} Learning goes on without it.`, MEND);
    }
  });
}
