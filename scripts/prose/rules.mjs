// The rules of prose: words to avoid, and their replacements.

/** Maximum number of words of a sentence. Longer sentences usually contain more than one fact. */
const MAX_WORDS = 35;

/** Words to avoid, with their remedies. Patterns are compared without case. */
const WORDS = [
  [/\b(?:that|those) of\b/, 'repeat the noun'],
  [/\b(?:the ones? that|what others|so many|those that|those who)\b/, 'repeat the noun'],
  [/\b(?:whoever|whatever|whichever|nobody|anybody|everybody)\b/, 'name who or what'],
  [/\b(?:shall|lest|anew|besides|thereby|hence|thereof)\b/, 'use a plain word'],
  [/\bof course\b/, 'remove it'],
  [/\banswer(?:s|ed|ing)? with\b/, 'write "return"'],
  [/\banswer(?:s|ed|ing)?\b/, 'write "return", "respond" or "response"'],
  [/\brefus(?:e|es|ed|ing|al|als)\b/, 'write "reject"'],
  [/\b(?:forget|forgets|forgotten|forgot)\b/, 'write "delete" or "erase"'],
  [/\b(?:mend|mends|mended)\b/, 'write "fix"'],
  [/\bstands? behind\b/, 'name the cause'],
  [/\b(?:says|tells)\b/, 'write "states", "describes", "shows" or "returns"'],
  [/\b(?:hold|holds|held|holding)\b/, 'write "contain", "keep", "occupy" or "reserve"'],
  [/\bwhole\b/, 'write "complete" or "entire"'],
  [/\b(?:beside)\b/, 'write "next to", "with" or "alongside"'],
  [/\b(?:is|are|was|were) away\b/, 'write "is unreachable" or "is unavailable"'],
  [/\b(?:enough|no|how much|free|more) room\b|\broom for\b/, 'write "space" or "capacity"'],
  [/\blanes?\b/, 'write "resource class"'],
  [/\bcancelled\b/, 'write "canceled"'],
  [/\bcolour(?:s|ed)?\b/, 'write "color"'],
  [/\blicences?\b/, 'write "license"'],
];

/** Returns the remedies for the words of a sentence. */
export function wordFaultsOf(sentence) {
  return WORDS.flatMap(([pattern, remedy]) => {
    const text = new RegExp(pattern.source, 'i').exec(sentence)?.[0];
    return text === undefined ? [] : [`"${text}": ${remedy}`];
  });
}

/** Returns the remedies for the words, the punctuation and the length of a sentence. */
export function faultsOf(sentence) {
  const found = wordFaultsOf(sentence);
  if (sentence.includes(';')) found.push('";": write two sentences instead of a semicolon');
  const count = countWords(sentence);
  if (count > MAX_WORDS) found.push(`${count} words: split the sentence (at most ${MAX_WORDS})`);
  return found;
}

/** Returns the number of words of a sentence. Of an enumeration, only the first and the last member count. */
function countWords(sentence) {
  const short = sentence.replace(/(\S+), (?:\S+, ){2,}(\S+)/g, '$1 $2');
  return short.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
