import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { ApiError } from '../../contract/errors.ts';
import { sendOauthError, toOauthError } from './errors.ts';

it.each([
  ['unavailable', null, '1'],
  ['concurrency_exceeded', null, '1'],
  ['rate_limit_exceeded', '17', '17'],
] as const)('OAuth errors for `%s` say when to retry', async (code, given, expected) => {
  const app = Fastify();
  app.get('/', async (_request, reply) => {
    if (given) reply.header('retry-after', given);
    return sendOauthError(reply, toOauthError(new ApiError(code)));
  });
  const { headers, json } = await app.inject('/');
  expect([headers['retry-after'], json().error]).toEqual([expected, 'temporarily_unavailable']);
});
