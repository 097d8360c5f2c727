import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import type { Scope } from './keys.ts';

/** Roles of people. `operator` applies to the entire server, all other roles to one account. `admin` also manages keys and webhooks. */
export const ROLES = ['operator', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** The permissions of a role: the scopes of a key with the same rights. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  operator: ['transcode', 'upload', 'read', 'admin', 'operator'],
  admin: ['transcode', 'upload', 'read', 'admin'],
  member: ['transcode', 'upload', 'read'],
  viewer: ['read'],
};

/** Minimum length of a password in characters. Its length, rather than kinds of characters, makes it strong (NIST SP 800-63B, 5.1.1.2). */
export const MIN_PASSWORD = 12;
const MAX_PASSWORD = 1024;

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email(rule('is not an email address', 'Send an email address such as ada@example.org')))
  .describe('The email address, in lower case. Airlock sends no mail to it.');

const newPassword = z
  .string()
  .min(MIN_PASSWORD)
  .max(MAX_PASSWORD)
  .describe(`At least ${MIN_PASSWORD} characters, of any kind.`);

export const signInBody = z
  .object({
    email: z.string().max(254).describe('The email address.'),
    password: z.string().max(MAX_PASSWORD).describe('The password.'),
  })
  .meta({ id: 'SignInRequest', description: 'Who signs in.' });

export const session = z
  .object({
    user: z
      .object({
        id: z.uuid().describe('The id of the person.'),
        email: z.string().describe('The email address.'),
        role: z.enum(ROLES).describe('`operator` applies to the entire server, all other roles to the account.'),
      })
      .describe('The person who is signed in.'),
    account: z
      .object({
        id: z.uuid().describe('The id of the account.'),
        name: z.string().describe('The name of the account.'),
      })
      .describe('The account of that person.'),
    csrf: z.string().describe('Send it as `x-airlock-csrf` with every change.'),
    expires_at: timestamp.describe('When the session ends at the latest.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Session', description: 'A session of a person in a browser.' });
export type SessionView = z.infer<typeof session>;

export const endedSession = z
  .object(deletedFields('session'))
  .meta({ id: 'EndedSession', description: 'A session that has ended.' });

export const setupLink = z
  .object({
    email: z.string().nullable().describe('The email address; null if the request must contain it.'),
    role: z.enum(ROLES).describe('The role of that person.'),
    account: z.object({ name: z.string().describe('The name of the account.') }).describe('The account.'),
  })
  .meta({ id: 'SetupLink', description: 'The person whose password a setup link sets.' });
export type SetupLinkView = z.infer<typeof setupLink>;

export const setupBody = z
  .object({
    token: z.string().max(100).describe('The part of the link after `#`.'),
    email: email.nullish().describe('The email address, if the link has none.'),
    password: newPassword,
  })
  .meta({ id: 'SetupRequest', description: 'A first or new password.' });
export type SetupBody = z.infer<typeof setupBody>;
