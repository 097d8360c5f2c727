import { ApiError } from '../contract/errors.ts';
import type { AdmissionServices } from './kind.ts';

/** Returns an error for the field that contains the URL if Airlock can't send events to this URL. */
export function rejectedWebhook(
  { checkWebhookUrl }: Pick<AdmissionServices, 'checkWebhookUrl'>,
  url: string | undefined,
  field = 'webhook_url',
): ApiError[] {
  const reason = url === undefined ? undefined : checkWebhookUrl(url).reason;
  if (reason === undefined) return [];
  const remedy = 'Name a public https:// URL, or have the operator allow its address in AIRLOCK_FETCH_ALLOW';
  return [new ApiError('invalid_request', { field, reason, remedy })];
}
