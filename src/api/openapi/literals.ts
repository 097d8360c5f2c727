export type Language = 'typescript' | 'python';

const WORDS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  typescript: {},
  python: { true: 'True', false: 'False', null: 'None' },
};

/** Returns a JSON value as a literal on one line. A JSON string is also a valid string in both languages. */
export function literalOf(value: unknown, language: Language): string {
  if (Array.isArray(value)) return `[${value.map((item) => literalOf(item, language)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(
      ([name, item]) => `${nameOf(name, language)}: ${literalOf(item, language)}`,
    );
    const blank = language === 'typescript' && fields.length > 0 ? ' ' : '';
    return `{${blank}${fields.join(', ')}${blank}}`;
  }
  const text = JSON.stringify(value);
  return WORDS[language][text] ?? (language === 'typescript' ? singleQuoted(text) : text);
}

function nameOf(name: string, language: Language): string {
  if (language === 'typescript' && /^[A-Za-z_]\w*$/.test(name)) return name;
  return literalOf(name, language);
}

/** Returns the text in single quotes if it contains no quote or escape, as in the rest of the documentation. */
function singleQuoted(text: string): string {
  return /^"[^"'\\]*"$/.test(text) ? `'${text.slice(1, -1)}'` : text;
}
