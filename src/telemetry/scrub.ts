/** Text that replaces a secret. */
const GONE = '[removed]';

/** `https://`, also in the form of FFmpeg (`https\://`) and of JSON in JSON (`https:\/\/`). The limited lengths bound the search. */
const URL_START = /[a-z][a-z0-9+.-]{0,20}\\{0,15}:\\{0,15}\/\\{0,15}\/[^\s"]*/gi;
const ENCODED_URL = /[a-z][a-z0-9+.-]{0,20}%(?:25){0,4}3a%(?:25){0,4}2f[^\s"]*/gi;
const POSTGRES = /postgres(?:ql)?\\{0,15}:\\{0,15}\/\\{0,15}\//i;
/** A request target in a log line: `GET /v1/x?key=…`. */
const PATH_QUERY = /(^|[\s"'])(\/[^\s"'?#]*)\?[^\s"]*/g;

/** Keys and upload tokens. */
const API_KEY = /al(?:_|%(?:25)*5f)(live|upload)(?:_|%(?:25)*5f)[\w%]+/gi;
const AUTHORIZATION = /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)["']?[^\r\n"']*/gi;
const BEARER = /\b(bearer)(\s+|%(?:25)*20|\+)[^\s"',;]+/gi;
const SEPARATOR = String.raw`(["']?\s*(?:=|:|%(?:25)*3d)\s*["']?)`;
/** Parts of signatures (S3 SigV4 and V2, GCS V4), anywhere: in a header, a query, a form. */
const SIGNATURE = new RegExp(
  String.raw`((?:x-(?:amz|goog)-)?(?:signature|credential|security-token)|awsaccesskeyid|googleaccessid)${SEPARATOR}[^\s&"'<>,;]+`,
  'gi',
);
/** Passwords of a libpq connection string, and settings that are secrets by their name. */
const PASSWORD = new RegExp(
  String.raw`((?:[a-z0-9]{1,20}[-_.]?)?(?:passw(?:or)?d|secret(?:[-_]?access)?(?:[-_]?key)?|api[-_]?key|access[-_]?token))${SEPARATOR}(?:(?<=')[^']*|(?<=")[^"]*|[^\s&"',;]+)`,
  'gi',
);
/** A short name counts as a secret only inside a query. */
const QUERY_SECRET = /([?&](?:sig|key|token|auth|code|secret)=)[^\s&"'<>]+/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/**
 * A text without any of these strings contains none of the secrets above, so it is returned unchanged. Most texts contain none of these
 * strings.
 */
const SUSPICIOUS =
  /:\\*\/|%(?:25)*3a|[?&]|al(?:_|%(?:25)*5f)(?:live|upload)|authorization|cookie|bearer|signature|credential|token|passw|secret|key|accessid/i;

/**
 * Removes everything that must not be logged from any text: queries, fragments, user names and passwords of URLs, API keys, Authorization
 * and Cookie values, signatures and credentials of signed URLs, passwords of databases, private keys. Works on free text (messages, stacks,
 * the standard error of FFmpeg) in linear time. Cannot recognize a secret that nothing marks as a secret.
 */
export function scrub(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text
    .replace(PRIVATE_KEY, GONE)
    .replace(URL_START, scrubUrl)
    .replace(ENCODED_URL, (url) => cut(url, /%(?:25)*(?:3f|23)|[?#]/i))
    .replace(PATH_QUERY, `$1$2?${GONE}`)
    .replace(AUTHORIZATION, `$1$2${GONE}`)
    .replace(BEARER, `$1$2${GONE}`)
    .replace(SIGNATURE, `$1$2${GONE}`)
    .replace(PASSWORD, `$1$2${GONE}`)
    .replace(QUERY_SECRET, `$1${GONE}`)
    .replace(API_KEY, `al_$1_${GONE}`);
}

function scrubUrl(url: string): string {
  const postgres = POSTGRES.exec(url);
  const start = postgres === null ? 0 : postgres.index + postgres[0].length;
  const at = url.lastIndexOf('@');
  if (postgres === null || at < start || /[?#]/.test(url.slice(0, start))) return scrubUserinfo(cut(url, /[?#]/));
  // People do not always encode the password, so anything before the last @ may be part of it. If a ? precedes the @, the rest may be part
  // of a query instead, so all of it is removed.
  const head = scrubUserinfo(url.slice(0, start));
  return /[?#]/.test(url.slice(start, at)) ? `${head}${GONE}` : `${head}${GONE}@${cut(url.slice(at + 1), /[?#]/)}`;
}

function scrubUserinfo(url: string): string {
  return url.replace(/(:\\*\/\\*\/)[^/]*@/g, `$1${GONE}@`);
}

/** Replaces everything after the first match. */
function cut(url: string, from: RegExp): string {
  const match = from.exec(url);
  return match === null ? url : `${url.slice(0, match.index)}${match[0]}${GONE}`;
}
