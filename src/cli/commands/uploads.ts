import type { Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { shortBytes } from '../../contract/byte-size.ts';
import { TOKEN_FILES, TOKEN_SECONDS, type UploadTokenBody, uploadTokenBody } from '../../contract/upload-tokens.ts';
import { connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { describeOption } from '../option-fault.ts';
import { printList, write } from '../printing.ts';
import { dim, out } from '../style.ts';
import { type Column, table } from '../table.ts';
import { ago, moment } from '../times.ts';

interface Common {
  json?: boolean;
  account?: string;
}
type Upload = Schemas['Upload'];

/** Options of `uploads token create`, as parsed by commander. */
export interface TokenOptions {
  maxBytes: string;
  origin?: string;
  anyOrigin?: boolean;
  contentTypes?: string;
  maxFiles?: string;
  expiresIn?: string;
}

const COLUMNS: readonly Column<Upload>[] = [
  { title: 'filename', value: ({ filename }) => filename, least: 24 },
  { title: 'status', value: ({ status }) => status },
  { title: 'size', value: ({ fileSize }) => shortBytes(fileSize), right: true },
  { title: 'type', value: ({ contentType }) => contentType, drop: 3 },
  { title: 'created', value: ({ createdAt }) => ago(createdAt), right: true, drop: 2 },
  { title: 'token', value: ({ uploadTokenId }) => uploadTokenId, drop: 1 },
];

/** The option that sets each field of a request for a token. */
const OPTIONS: Readonly<Record<string, string>> = {
  max_bytes: '--max-bytes',
  max_files: '--max-files',
  content_types: '--content-types',
  expires_in: '--expires-in',
  origin: '--origin',
};

/** Seconds by which the key of a token outlives the token, so that the token expires first. */
const KEY_MARGIN = 60;

export function listUploadsCommand(
  config: Config,
  { status, limit, page, ...options }: Common & { status?: Upload['status']; limit?: string; page?: string },
): Promise<number> {
  const query = {
    ...(status && { status }),
    ...(limit && { limit: Number(limit) }),
    ...(page && { page: Number(page) }),
  };
  return connect(config, { scopes: ['read'], account: options.account }, async ({ airlock }) => {
    const list = await airlock.call('get', '/v1/uploads', { query });
    const { items } = list.result;
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    if (options.json) write(JSON.stringify(list));
    else printList(table(items, COLUMNS, width, out.bold), items.length, 'No uploads.');
    return EXIT.ok;
  });
}

/**
 * Creates an upload token. Writes only the token to standard output, so that you can pipe it. A token ends with the key that created it. On
 * the service of this machine, the key of this command therefore stays valid until the token has expired.
 */
export function createUploadTokenCommand(config: Config, options: Common & TokenOptions): Promise<number> {
  const body = readTokenOptions(options);
  const seconds = (body.expires_in ?? TOKEN_SECONDS.default) + KEY_MARGIN;
  const key = { name: 'upload token', seconds };
  return connect(config, { scopes: ['upload'], account: options.account, key }, async ({ airlock, server }) => {
    const made = await airlock.createUploadToken(body);
    const keyId = server.keepKey?.();
    if (options.json) {
      write(JSON.stringify(made));
      return EXIT.ok;
    }
    process.stderr.write(dim('The token is shown only once:\n'));
    write(out.bold(made.token));
    const files = body.max_files ?? TOKEN_FILES.default;
    const many = files === 1 ? 'one file' : `${files} files`;
    const from = body.origin ?? 'every page and every program';
    process.stderr.write(dim(`id ${made.id}, for ${many} of at most ${shortBytes(body.max_bytes)} from ${from}\n`));
    const end = keyId ? `. To end it earlier: ./airlock keys revoke ${keyId}` : '';
    process.stderr.write(dim(`It expires at ${moment(made.expires_at)}${end}\n`));
    return EXIT.ok;
  });
}

/** Returns the body of the request for a token. Throws `UsageError` with option, reason and remedy if an option is invalid. */
export function readTokenOptions(options: TokenOptions): UploadTokenBody {
  const { origin, anyOrigin = false } = options;
  if ((origin === undefined) !== anyOrigin) {
    throw new UsageError(
      anyOrigin
        ? '--any-origin contradicts --origin. Give one of them.'
        : '--origin is missing. Give the origin of your page, such as https://app.example.com, or --any-origin to let every page and every program use the token.',
    );
  }
  const body = {
    max_bytes: digits(options.maxBytes),
    origin,
    content_types: options.contentTypes?.split(',').map((type) => type.trim()),
    max_files: digits(options.maxFiles),
    expires_in: digits(options.expiresIn),
  };
  const parsed = uploadTokenBody.safeParse(body);
  if (parsed.success) return parsed.data;
  const sent = { name: 'token', value: body, schema: uploadTokenBody };
  throw new UsageError(describeOption(parsed.error.issues[0]!, sent, OPTIONS));
}

/**
 * Converts a text of digits to a number. Returns any other text unchanged, so that the schema rejects it: 1e3, 0x10 and 5MB are ambiguous.
 */
function digits(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
