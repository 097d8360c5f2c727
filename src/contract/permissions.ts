import { SCOPES, type Scope } from './keys.ts';
import { ROLE_SCOPES, ROLES, type Role } from './people.ts';

/** The permissions that a route requires of a key or a person. */
export interface Permission {
  /** The scope that a key or role needs. `open` means that the route needs none. */
  scope: Scope | 'open';
  /** Another scope that is sufficient. */
  or?: Scope;
  /**
   * For routes that concern jobs. A key with the scope `transcode` and without `read` may use these routes only for the jobs and batches of
   * its own line of keys. With `job` or `batch`, the path contains the id of a job or batch as `:id`, which is checked before the route
   * runs. With `query`, the route filters by `ownKeys`.
   */
  own?: 'job' | 'batch' | 'query';
}

/** Access of a key to a route. `own` means that the key can access only its own jobs and batches. */
export type Access = 'all' | 'own' | 'none';

/** Returns the access to a route with these scopes. */
export function accessOf({ scope, or, own }: Permission, scopes: readonly Scope[]): Access {
  if (scope === 'open') return 'all';
  const isOwner = own !== undefined && !scopes.includes('read');
  if (isOwner) return scopes.includes('transcode') ? 'own' : 'none';
  return scopes.includes(scope) || (or !== undefined && scopes.includes(or)) ? 'all' : 'none';
}

/** Returns the scopes of which a key needs one. */
export function scopesOf(permission: Permission): Scope[] {
  return SCOPES.filter((scope) => accessOf(permission, [scope]) !== 'none');
}

/** Returns the roles of people who may use a route. */
export function rolesOf(permission: Permission): Role[] {
  return ROLES.filter((role) => accessOf(permission, ROLE_SCOPES[role]) !== 'none');
}

/** Returns a text about the required permissions of keys and people, for the documentation of an operation. */
export function permissionSentence(permission: Permission): string {
  const { scope, own } = permission;
  if (scope === 'open') return 'Requires no key.';
  const keys = `Requires a key with the scope ${oneOf(scopesOf(permission))}`;
  const people = `or a person with the role ${oneOf(rolesOf(permission))}`;
  const creates = own === 'query' && scope === 'transcode';
  const owned = own === 'batch' ? 'batches' : 'jobs';
  const limit = own === undefined || creates ? '' : ` A key without \`read\` can use it only for its own ${owned}.`;
  return `${keys}, ${people}.${limit}`;
}

function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop()!;
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}
