/**
 * Patterns of prompt injection in short rule texts, after the OWASP Top 10 for LLM applications (LLM01) and
 * Boucher et al. 2022 ("Bad Characters": invisible, bidirectional and look-alike characters).
 */
const PATTERNS: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    'override',
    /\b(ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(previous|prior|above|earlier|preceding|all|any|your|these|those|system)\b.{0,30}\b(instruction|rule|prompt|direction|guideline|constitution|polic|message|constraint)/u,
  ],
  [
    'override',
    /\b(ignore|disregard|forget|override|bypass)\s+((the|all|any|your|my|these|those)\s+)*(\w+\s+)?(instructions?|rules?|prompts?|guidelines?|constitution)\b/u,
  ],
  ['override', /\b(ignorier\w*|vergiss)\b.{0,40}\b(anweisung|regel)/u],
  ['override', /\b(ignora|olvida)\b.{0,40}\b(instruccion|regla|istruzion|regol)/u],
  ['override', /\b(ignor\w*|oubli\w*)\b.{0,40}\b(consigne|instructions? pr[eé]c[eé]dente|r[eè]gle)/u],
  [
    'override',
    /\b(no longer|not|never) (be )?(bound|restricted|limited) by\b|\b(new|updated|real) (system )?(instructions?|prompt)\s*:/u,
  ],
  ['override', /\b(jailbreak|developer mode|god mode|do anything now|unrestricted mode)\b/u],
  [
    'override',
    /\b(reveal|repeat|print|output|show|leak|expose)\b.{0,40}\b(system prompt|hidden prompt|instructions above|constitution|api key|password|secret)/u,
  ],
  [
    'role',
    /\byou are (now|no longer)\b|\b(act|behave|respond|roleplay|role-play) as\b|\bpretend (to be|you)\b|\bfrom now on\b/u,
  ],
  ['role', /(^|[\n.>#*])\s*(system|assistant|user|developer|human|tool)\s*[:>\]]/u],
  [
    'role',
    /<\s*\/?\s*(system|assistant|user|developer|instructions?|im_start|im_end|s)\b|<\||\|>|\[\/?inst\]|<<\/?sys>>|#{2,}\s/u,
  ],
  ['URL', /\b[a-z][a-z0-9+.-]{1,20}:\/\/|\b(javascript|data|mailto|file|vbscript):\S|\bwww\.|!?\[[^\]]*\]\(/u],
  ['URL', /\b[a-z0-9-]{2,}\.(com|net|org|io|dev|app|xyz|ru|cn|info|biz|co|me|link|site|top|ai|gg|ly|sh|zip)\b/u],
  ['code fence', /```|~~~|<\s*(script|img|iframe|svg|a)\b|\$\{|\{\{|\{%/u],
  ['encoded text', /[A-Za-z0-9+/_=-]{48,}/u],
];

/** The same orders with letters spread out or joined by signs: "i-g-n-o-r-e previous instructions". */
const SQUEEZED =
  /(ignore|disregard|forget)(all|any|the|your|my)*(previous|prior|above|earlier|system)(instruction|rule|prompt|message)|youarenow|systemprompt/u;

const INVISIBLE = /[\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const LETTERS = /\p{L}{3,}/gu;

function mixesLookalikes(text: string): boolean {
  const words = text.match(LETTERS) ?? [];
  return words.some((word) => /\p{Script=Latin}/u.test(word) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word));
}

/** Names of the patterns that `text` shows, each once; empty when it is plain. */
export function findInjection(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  const squeezed = plain.replace(/[^\p{L}]/gu, '');
  const found = PATTERNS.filter(([, pattern]) => pattern.test(plain)).map(([name]) => name);
  if (SQUEEZED.test(squeezed)) found.push('override');
  if (INVISIBLE.test(text)) found.push('invisible character');
  if (CONTROL.test(text)) found.push('line break or control character');
  if (mixesLookalikes(text)) found.push('look-alike letters');
  return [...new Set(found)];
}
