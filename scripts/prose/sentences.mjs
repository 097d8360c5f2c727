// Splits Markdown into sentences with their lines, without code, addresses of links, and comments.

/** Replaces code in a sentence, so that code counts as one word, regardless of its length and punctuation. */
const CODE = '`code`';

/** Abbreviations whose full stop does not end a sentence. */
const ABBREVIATIONS = /\b(e\.g|i\.e|etc|vs|approx|no)\.$/i;

/**
 * Returns the sentences of a Markdown text. Headings, cells of tables and items of lists end a sentence.
 * @returns {{ line: number, text: string }[]} `line` counts from 1
 */
export function sentencesOf(markdown) {
  return blocksOf(markdown).flatMap(({ line, text }) =>
    split(text).map((part) => ({ line: line + part.newlines, text: part.text })),
  );
}

/** Returns paragraphs, items and cells, with the number of their first line. Newlines inside a paragraph stay. */
function blocksOf(markdown) {
  const blocks = [];
  let open = null;
  const close = () => {
    if (open) blocks.push(open);
    open = null;
  };
  for (const [index, raw] of blank(markdown).split('\n').entries()) {
    const line = index + 1;
    const text = raw.replace(/^\s*(?:[-*]|\d+\.)\s+/, '');
    if (raw.trim() === '' || /^#+ /.test(raw)) close();
    else if (raw.startsWith('|')) {
      close();
      for (const cell of cellsOf(raw)) blocks.push({ line, text: cell });
    } else if (open && text === raw) open.text += `\n${text.trim()}`;
    else {
      close();
      open = { line, text: text.trim() };
    }
  }
  close();
  return blocks;
}

/** Removes the parts that are not prose, and keeps the number of lines. */
function blank(markdown) {
  const newlines = (text) => text.replace(/[^\n]/g, '');
  return markdown
    .replace(/^( *)```[\s\S]*?^\1```$/gm, (block) => `\n${newlines(block).slice(1)}`)
    .replace(/<!--[\s\S]*?-->/g, newlines)
    .replace(/``[^`]+``|`[^`]+`/g, (code) => CODE + newlines(code))
    .replace(/<br>/g, ' | ')
    .replace(/<[a-z/][^>]*>/gi, newlines)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
}

function cellsOf(row) {
  if (/^\|[\s|:-]+\|$/.test(row)) return [];
  return row
    .replaceAll('\\|', '/')
    .split('|')
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '');
}

/** Returns the sentences of a block, each with the number of newlines before it. */
function split(text) {
  const parts = [];
  let start = 0;
  for (const end of text.matchAll(/[.!?:]["”)]?(?=\s+[\p{Lu}`"“(*[]|$)/gu)) {
    const stop = end.index + end[0].length;
    const sentence = text.slice(start, stop);
    // A colon ends a sentence only before a list or a block.
    const inside = end[0].startsWith(':') && stop < text.length;
    if (inside || ABBREVIATIONS.test(sentence)) continue;
    parts.push(part(text, start, stop));
    start = stop;
  }
  if (start < text.length) parts.push(part(text, start, text.length));
  return parts.filter((one) => one.text !== '');
}

function part(text, start, stop) {
  const lead = /^\s*/.exec(text.slice(start, stop))[0].length;
  const newlines = text.slice(0, start + lead).split('\n').length - 1;
  return { newlines, text: text.slice(start, stop).replace(/\s+/g, ' ').trim() };
}

/** Returns the texts in the string literals of TypeScript, such as errors and help. Only literals of at least four words are texts. */
export function textsOf(code) {
  const found = [];
  for (const match of code.matchAll(/^\s*(?:\/\/|\*|\/\*).*$|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/gm)) {
    const literal = match[1] ?? match[2];
    if (literal === undefined) continue;
    const text = literal
      .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, CODE)
      .replace(/\\n/g, ' ')
      .replace(match[1] === undefined ? /$^/ : /`[^`]+`/g, CODE)
      .replace(/\\[`'"]/g, "'");
    if (!/^\P{L}*\p{L}[\p{L}’']*(?:[ ,]+[\p{L}’'`]+){3}/u.test(text)) continue;
    const line = code.slice(0, match.index).split('\n').length;
    found.push(...split(text).map((part) => ({ line: line + part.newlines, text: part.text })));
  }
  return found;
}
