import type { Warning } from '../contract/common.ts';
import { idleInAccount, idleRetention } from '../contract/limit-advice.ts';
import type { CreateBody } from '../contract/transcodes.ts';
import { type Account, accountRetention } from '../domain/accounts.ts';
import type { Context } from '../domain/context.ts';

/** A warning for each value of a request that changes nothing, because account or server allow less. */
export function cappedBy(
  context: Pick<Context, 'retentionSeconds'>,
  account: Account,
  body: Pick<CreateBody, 'limits' | 'retention_seconds'>,
): Warning[] {
  return [
    ...idleInAccount(body.limits ?? {}, account),
    ...idleRetention(body.retention_seconds, accountRetention(account, context.retentionSeconds)),
  ];
}
