import { fencedBlocks, type Page, readPage, readPages } from './pages.ts';

/** A block of TypeScript or JavaScript on a page. */
export interface CodeBlock {
  /** Page, and position among the page's blocks of both languages, starting at 0: `docs/sdk.md 3`. */
  name: string;
  page: string;
  language: 'ts' | 'js';
  code: string;
}

/** Returns every block of TypeScript and JavaScript on the pages and in the README of the SDK. */
export function codeBlocks(): CodeBlock[] {
  return [...readPages(), readPage('sdk/README.md')].flatMap(codeBlocksOf);
}

export function codeBlocksOf({ path, text }: Page): CodeBlock[] {
  return fencedBlocks(text)
    .filter(({ language }) => language === 'ts' || language === 'js')
    .map(({ language, code }, index) => ({
      name: `${path} ${index}`,
      page: path,
      language: language as CodeBlock['language'],
      code,
    }));
}

const CLIENT = `import { Airlock } from 'airlock-sdk';\nconst airlock = new Airlock();\n`;
const DELIVERY = `const { body, headers } = JSON.parse(process.env.DELIVERY ?? '');\nconst request = { headers };\n`;

/** Code to insert before a block that uses variables of the surrounding text. */
export const CODE_BEFORE: Readonly<Record<string, string>> = {
  'docs/sdk.md 1': `import { statSync } from 'node:fs';
${CLIENT}const { result: { uploadId } } = await airlock.call('post', '/v1/upload/multipart', {
  body: { filename: 'film.mov', content_type: 'video/quicktime', file_size: statSync('film.mov').size },
});
`,
  'docs/sdk.md 2': CLIENT,
  'docs/sdk.md 3': CLIENT,
  'docs/sdk.md 4': CLIENT,
  'docs/sdk.md 5': CLIENT,
  'docs/sdk.md 6': DELIVERY,
  'docs/sdk.md 7': `import { verifyWebhook } from 'airlock-sdk';
${DELIVERY}const event = await verifyWebhook({ body, headers: request.headers, secret: process.env.WEBHOOK_SECRET ?? '' });
`,
};

/** Returns the block as a complete module. */
export function moduleOf({ name, code }: CodeBlock): string {
  return (CODE_BEFORE[name] ?? '') + code;
}
