import * as z from 'zod';
import { someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import { UPLOAD_CONTENT_TYPES, type UploadContentType } from './formats.ts';
import { MAX_PARTS_UPLOAD_BYTES } from './limits.ts';
import { nullable } from './nullable.ts';

/** Seconds for which a token is valid. */
export const TOKEN_SECONDS = { least: 60, most: 86_400, default: 3600 } as const;
/** Maximum number of uploads that a token may begin. */
export const TOKEN_FILES = { most: 1000, default: 10 } as const;
/** Maximum number of tokens that an account may create in 24 hours. */
export const MAX_NEW_TOKENS_A_DAY = 10_000;
/** Maximum number of uploads that all tokens of an account may begin in 24 hours. */
export const MAX_TOKEN_UPLOADS_A_DAY = 10_000;
/** Maximum number of uploads that tokens of one account may begin from one address per minute. */
export const MAX_TOKEN_UPLOADS_A_MINUTE = 30;
/** Maximum number of requests with one token per minute, unless the account or the server allows fewer. */
export const TOKEN_REQUESTS_A_MINUTE = 300;
/** Share of an account's open uploads and of its storage quota that uploads with tokens may fill. The rest is for its keys. */
export const TOKEN_SHARE = 0.8;
/** Limits of concurrent requests with one token, and with all tokens of an account. */
export const TOKEN_REQUESTS = { active: 8, open: 16 } as const;
export const ACCOUNT_TOKEN_REQUESTS = { active: 32, open: 500 } as const;

const NOT_AN_ORIGIN = rule(
  'is not the origin of a web page',
  'Send scheme, host and port exactly as browsers do, such as "https://app.example.com", without a path or a final slash',
);

/** Whether a text is an origin, exactly as a browser sends it. Rejects `null`, and every scheme except HTTP and HTTPS. */
export function isWebOrigin(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

const contentType = z.enum([...UPLOAD_CONTENT_TYPES] as [UploadContentType, ...UploadContentType[]]);

export const uploadTokenBody = z
  .object({
    max_bytes: z.number().int().min(1).max(MAX_PARTS_UPLOAD_BYTES).describe('Maximum size of each file in bytes.'),
    content_types: nullable(z.array(contentType).min(1).max(UPLOAD_CONTENT_TYPES.length)).describe(
      'Content types that the token accepts. Defaults to all.',
    ),
    max_files: nullable(z.number().int().min(1).max(TOKEN_FILES.most)).describe(
      `Number of uploads that the token can begin. Defaults to ${TOKEN_FILES.default}. Every upload that has begun counts, even if it is aborted or rejected.`,
    ),
    expires_in: nullable(z.number().int().min(TOKEN_SECONDS.least).max(TOKEN_SECONDS.most)).describe(
      `Seconds until the token expires. Defaults to ${TOKEN_SECONDS.default}. The page must confirm its uploads before that.`,
    ),
    origin: nullable(z.string().max(300).refine(isWebOrigin, NOT_AN_ORIGIN)).describe(
      'Origin of the page that uses the token, such as `https://app.example.com`. Airlock rejects requests from other origins and requests without an origin. If absent, the token works from every origin.',
    ),
  })
  .meta({ id: 'UploadTokenRequest', description: 'What a web page may upload.' });
export type UploadTokenBody = z.infer<typeof uploadTokenBody>;

export const uploadToken = z
  .object({
    id: z.uuid().describe('Identifies the token; not a secret. `uploadTokenId` of an upload names it.'),
    token: z
      .string()
      .describe('The token, shown once. Send it to the page, which sends it as `Authorization: Bearer`.'),
    expires_at: timestamp.describe('When the token expires.'),
    warnings: someWarnings,
  })
  .meta({ id: 'UploadToken', description: 'A token with which a web page can upload files, and do nothing else.' });
