import { formatInstruction } from './answer-format.ts';
import { type AnswerContext, type AnswerRules, answerRules, chosenModules } from './answer-rules.ts';
import { contentHash } from './hash.ts';
import { toIntent } from './intents.ts';
import { bullets, recordLines } from './prompt-text.ts';
import type { PersonaExample, PersonaSpec, ProceduralModule } from './spec.ts';
import { byCodeUnit } from './text.ts';

/** A part of the prompt; `text` begins with its heading. */
interface PromptSection {
  readonly name: string;
  readonly text: string;
}

export interface PromptPlan {
  /** The sections' texts, one blank line apart: a system prompt that a chat model can follow. */
  readonly prompt: string;
  /** Without the empty ones, always in the same order. */
  readonly sections: PromptSection[];
  /** The modules of the prompt, in its order. */
  readonly module_ids: string[];
  readonly few_shot_ids: string[];
  /** `contentHash` of `prompt`. */
  readonly content_hash: string;
}

const visibleIn = (example: PersonaExample, context: AnswerContext) =>
  context.channel === 'owner' || example.visibility === 'public';

function labelled(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [name, ...lines];
}

function moduleText(module: ProceduralModule): string {
  return [
    `## ${module.id}`,
    ...labelled('When:', recordLines(module.when)),
    ...labelled('Do:', bullets(module.do)),
    ...labelled('Say it like this:', recordLines(module.say_style)),
  ].join('\n');
}

/** Several texts of many lines, one blank line apart. */
const blocks = (texts: readonly string[]): string[] => (texts.length === 0 ? [] : [texts.join('\n\n')]);

const exampleText = (asked: string, answered: string) => (example: PersonaExample) =>
  bullets([`${asked}: ${example.prompt}\n${answered}: ${example.response}`]).join('\n');

function ruleLines(rules: AnswerRules): string[] {
  const { length_band: band, format, depth, speed, allowed_hedges: hedges } = rules;
  const sentence = (name: string, value: string) => `${name}: ${value.replace(/\.$/, '')}.`;
  const shortest = band === null || band.min_words === 0 ? '' : `at least ${band.min_words} and `;
  return bullets([
    ...(band === null ? [] : [`Length: ${shortest}at most ${band.max_words} words.`]),
    ...(format === null ? [] : [sentence('Format', formatInstruction(format))]),
    ...(hedges.length === 0 ? [] : [`You may say openly: ${hedges.map((hedge) => `"${hedge}"`).join(', ')}.`]),
    ...(depth === null ? [] : [sentence('Depth', depth)]),
    ...(speed === null ? [] : [sentence('Speed', speed)]),
  ]);
}

/** Few-shots of the chosen modules, in the modules' order, each once. */
function fewShots(spec: PersonaSpec, modules: readonly ProceduralModule[], context: AnswerContext): PersonaExample[] {
  const byId = new Map(spec.canonical_examples.map((example) => [example.id, example]));
  return [...new Set(modules.flatMap((module) => module.few_shot_ids))]
    .flatMap((id) => byId.get(id) ?? [])
    .filter((example) => visibleIn(example, context));
}

/** Anti-examples of the intent, by id. */
function antiExamples(spec: PersonaSpec, context: AnswerContext): PersonaExample[] {
  return spec.anti_examples
    .filter((example) => visibleIn(example, context) && toIntent(example.intent_label) === toIntent(context.intent))
    .toSorted((a, b) => byCodeUnit(a.id, b.id));
}

/**
 * Compiles a spec to the prompt plan of one intent and channel, in a fixed order. The order of modules, examples and
 * object keys in the spec does not count, the order of its lists of texts does. A confidence moves modules, and is not
 * printed. A plan for the public channel holds no owner-only module or example.
 */
export function compilePrompt(spec: PersonaSpec, context: AnswerContext): PromptPlan {
  const modules = chosenModules(spec, context);
  const shots = fewShots(spec, modules, context);
  const rules = answerRules(spec, context);
  const banned = rules.banned_phrases.map((phrase) => `"${phrase}"`);
  const parts: [name: string, heading: string, lines: string[]][] = [
    ['constitution', 'Constitution: these come before everything else', bullets(spec.constitution)],
    ['decision_policy', 'How you decide', recordLines(spec.decision_policy)],
    ['stance_values', 'What you stand for', recordLines(spec.stance_values)],
    ['identity_voice', 'Who you are and how you sound', recordLines(spec.identity_voice)],
    ['interaction_style', 'How you deal with people', recordLines(spec.interaction_style)],
    ['procedural_modules', 'What to do with this question', blocks(modules.map(moduleText))],
    ['few_shots', 'Answers to learn from', shots.map(exampleText('Question', 'Answer'))],
    [
      'anti_examples',
      'Do not answer like this',
      antiExamples(spec, context).map(exampleText('Question', 'Bad answer')),
    ],
    ['deterministic_rules', 'Rules for the answer', ruleLines(rules)],
    ['anti_style_rules', 'Style to avoid', bullets(spec.deterministic_rules.anti_style_rules)],
    ['banned_phrases', 'Never use these phrases', bullets(banned)],
  ];
  const sections = parts
    .filter(([, , lines]) => lines.length > 0)
    .map(([name, heading, lines]) => ({ name, text: `# ${heading}\n${lines.join('\n')}` }));
  const prompt = sections.map((section) => section.text).join('\n\n');
  return {
    prompt,
    sections,
    module_ids: modules.map((module) => module.id),
    few_shot_ids: shots.map((example) => example.id),
    content_hash: contentHash(prompt),
  };
}
