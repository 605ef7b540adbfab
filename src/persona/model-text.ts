/** Many models fence their JSON, whatever they are told; text around it is not taken. */
const FENCED = /^```(?:json)?\s*\n([\s\S]*)\n```$/;

/** The JSON that a language model's answer is, fenced or not; undefined where it is none. Never throws. */
export function parseModelJson(answer: string): unknown {
  const trimmed = answer.trim();
  try {
    return JSON.parse(FENCED.exec(trimmed)?.[1] ?? trimmed);
  } catch {
    return undefined;
  }
}

/**
 * A value as quoted data in a question to a language model: a JSON string holds no line break, and here no "<" or ">",
 * so no text can pose as the end of the data.
 */
export function quotedData(value: unknown): string {
  const json = JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `BEGIN DATA\n${json}\nEND DATA`;
}

/** At most so many characters, whole ones, with an ellipsis where something was left out. */
export function clip(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}\u2026`;
}
