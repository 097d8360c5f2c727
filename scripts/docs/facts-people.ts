import { FAILED_AUTH_LIMIT, REGISTRATION_LIMIT, SIGN_IN_LIMIT } from '../../src/accounts/limits.ts';
import { ACCESS_SECONDS } from '../../src/accounts/oauth-tokens.ts';
import * as tokens from '../../src/contract/upload-tokens.ts';
import { DEVICE_SECONDS } from '../../src/identity/known-devices.ts';
import { SESSION_SECONDS } from '../../src/identity/sessions.ts';
import { TURNS_PER_CALLER } from '../../src/identity/turns.ts';
import type { FactGroup } from './facts.ts';
import { sourceNumber } from './source-constants.ts';
import { count, seconds } from './units.ts';

const minute = 'Returns `429` with the code `rate_limit_exceeded`';
const isolated = 'Returns `429` with the code `concurrency_exceeded`';
const exceeded = 'Returns `403` with the code `upload_token_exceeded`';
const oauth = (path: string, name: string) => seconds(sourceNumber(`${path}.ts`, name));

export const SIGN_IN = {
  failedAuth: {
    what: 'Requests with a wrong key from one address per minute',
    value: count(FAILED_AUTH_LIMIT),
    note: minute,
  },
  signIn: {
    what: 'Failed sign-ins with one email address from one address per minute',
    value: count(SIGN_IN_LIMIT),
    note: minute,
  },
  signInAddress: {
    what: 'Failed sign-ins from one address per minute',
    value: count(sourceNumber('accounts/limits.ts', 'SIGN_IN_ADDRESS_LIMIT')),
    note: minute,
  },
  signInName: {
    what: 'Failed sign-ins with one email address per minute, from all addresses',
    value: count(SIGN_IN_LIMIT * sourceNumber('accounts/limits.ts', 'SIGN_IN_ADDRESSES')),
    note: `${minute}. A browser in which the person has signed in has its own limit`,
  },
  signInWaiting: { what: 'Waiting sign-ins of one address', value: count(TURNS_PER_CALLER), note: isolated },
  password: {
    what: 'Characters of a password',
    value: `${sourceNumber('contract/people.ts', 'MIN_PASSWORD')} to ${sourceNumber('contract/people.ts', 'MAX_PASSWORD')}`,
  },
  session: { what: 'Lifetime of a session', value: seconds(SESSION_SECONDS) },
  idle: {
    what: 'Time after which an unused session expires',
    value: seconds(sourceNumber('identity/sessions.ts', 'IDLE_SECONDS')),
  },
  sessions: {
    what: 'Sessions of a person',
    value: count(sourceNumber('identity/sessions.ts', 'MAX_SESSIONS')),
    note: 'A new session ends the oldest session',
  },
  device: {
    what: 'Time for which Airlock recognizes a browser in which a person has signed in',
    value: seconds(DEVICE_SECONDS),
  },
  link: {
    what: 'Lifetime of a link that sets a password',
    value: seconds(sourceNumber('identity/setup-links.ts', 'LINK_SECONDS')),
  },
  registrations: {
    what: 'Applications that one address can register per minute',
    value: count(REGISTRATION_LIMIT),
    note: minute,
  },
  clients: {
    what: 'Registered applications',
    value: count(sourceNumber('identity/oauth-clients.ts', 'MAX_CLIENTS')),
    note: 'Airlock deletes applications that no person has allowed, after a day or earlier if there are too many',
  },
  code: { what: 'Lifetime of an OAuth code', value: oauth('identity/oauth-grants', 'CODE_SECONDS') },
  access: { what: 'Lifetime of an OAuth access token', value: seconds(ACCESS_SECONDS) },
  refresh: {
    what: 'Time after which an OAuth grant expires if its refresh token is not used',
    value: oauth('accounts/oauth-tokens', 'REFRESH_SECONDS'),
  },
} satisfies FactGroup['facts'];

export const TOKENS = {
  lifetime: {
    what: 'Lifetime of an upload token',
    value: `${seconds(tokens.TOKEN_SECONDS.least)} to ${seconds(tokens.TOKEN_SECONDS.most)}`,
    note: `Defaults to ${seconds(tokens.TOKEN_SECONDS.default)}`,
  },
  files: {
    what: 'Uploads with one token',
    value: `1 to ${count(tokens.TOKEN_FILES.most)}`,
    note: `Defaults to ${tokens.TOKEN_FILES.default}. ${exceeded}`,
  },
  created: {
    what: 'New tokens of an account in 24 hours',
    value: count(tokens.MAX_NEW_TOKENS_A_DAY),
    note: 'Returns `409` with the code `too_many_upload_tokens`',
  },
  uploads: {
    what: 'Uploads with all tokens of an account in 24 hours',
    value: count(tokens.MAX_TOKEN_UPLOADS_A_DAY),
    note: minute,
  },
  uploadsAddress: {
    what: 'Uploads with all tokens of an account from one address per minute',
    value: count(tokens.MAX_TOKEN_UPLOADS_A_MINUTE),
    note: minute,
  },
  requests: { what: 'Requests of one token per minute', value: count(tokens.TOKEN_REQUESTS_A_MINUTE), note: minute },
  active: {
    what: 'Requests of one token that an API process processes concurrently',
    value: count(tokens.TOKEN_REQUESTS.active),
    note: isolated,
  },
  accountActive: {
    what: 'Requests of all tokens of an account that an API process processes concurrently',
    value: count(tokens.ACCOUNT_TOKEN_REQUESTS.active),
    note: isolated,
  },
  open: { what: 'Open requests of one token', value: count(tokens.TOKEN_REQUESTS.open), note: isolated },
  accountOpen: {
    what: 'Open requests of all tokens of an account',
    value: count(tokens.ACCOUNT_TOKEN_REQUESTS.open),
    note: isolated,
  },
  share: {
    what: "Share of an account's open uploads and storage quota that uploads with tokens can use",
    value: `${tokens.TOKEN_SHARE * 100}%`,
  },
} satisfies FactGroup['facts'];
