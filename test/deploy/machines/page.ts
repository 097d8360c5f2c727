import { readPage } from '../../docs/pages.ts';

/** A fenced block with a label after its language. The label names machines, an alternative such as `caddy`, or a file. */
export interface LabeledBlock {
  /** Section that contains the block: the text of the last heading of level 2. */
  section: string;
  language: string;
  words: string[];
  text: string;
}

/** Returns the blocks of a page that have a label, in order. */
export function labeledBlocks(path: string): LabeledBlock[] {
  const { text } = readPage(path);
  return text.split(/^## /m).flatMap((part) => {
    const [section = ''] = part.split('\n');
    return [...part.matchAll(/^```(\w+) ([^\n]+)\n([\s\S]*?)^```$/gm)].map((match) => ({
      section,
      language: match[1]!,
      words: match[2]!.split(' '),
      text: match[3]!,
    }));
  });
}

export function sectionsOf(path: string): string[] {
  return [...readPage(path).text.matchAll(/^## (\d.*)$/gm)].map((match) => match[1]!);
}
