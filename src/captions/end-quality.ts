import type { Word } from './types.ts';

/** Words after which neither a line nor a caption should end, because they belong to the next word. */
const WEAK_ENDS: ReadonlySet<string> = new Set(
  (
    'a an the of to in on at by for from with into and or but nor that which who if as than is are was were be not no my your his her its our their this these those ' +
    'der die das den dem des ein eine einen einem einer und oder aber von zu zum zur im in mit auf für dass wenn ist nicht ' +
    'le la les l un une des du de et ou mais que qui à au aux en dans pour par sur avec ne est ' +
    'el los las una unos unas y o pero del al en con por para que no es ' +
    'il lo gli i e ma di da su per tra che non è uno ' +
    'os as um uma ou mas do da dos das no na nos nas com em não é'
  ).split(' '),
);

const SENTENCE_END = /[.!?…。！？؟۔।]["'”’»)\]]*$/u;
/** Matches a full stop that ends no sentence: `Mr.`, `e.g.`, `3.`. */
const ABBREVIATION = /(?:^|[("'])(?:\p{L}|Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|z\.B|bzw|Nr|No|\d+)\.$/u;
const CLAUSE_END = /[,;:،、，；：–—]["'”’»)\]]*$/u;

/** Milliseconds of silence after a word from which a listener hears a pause. */
const PAUSE_MS = 350;

export function endsSentence({ text }: Pick<Word, 'text'>): boolean {
  return SENTENCE_END.test(text) && !ABBREVIATION.test(text);
}

/**
 * Returns how badly a text ends with this word: from 0 after a sentence to 5 after an article.
 * @param next null if no word follows
 */
export function endCost(word: Word, next: Word | null): number {
  if (next === null || endsSentence(word)) return 0;
  if (CLAUSE_END.test(word.text)) return 1;
  const isPause = next.start - word.end >= PAUSE_MS;
  if (WEAK_ENDS.has(word.text.toLowerCase())) return isPause ? 4 : 5;
  return isPause ? 1.5 : 3;
}
