import type { WebhookView } from '../../../../src/contract/webhooks.ts';
import type { Tone } from '../../ui/feedback.tsx';

const REASONS: Record<NonNullable<WebhookView['disabled_reason']>, string> = {
  gone: 'Disabled: it returned 410',
  failing: 'Disabled: it failed for three days',
  paused: 'Paused',
  revoked: 'Disabled: its token was revoked',
};

export function stateOf(webhook: WebhookView): { text: string; tone: Tone } {
  if (!webhook.enabled) {
    const reason = webhook.disabled_reason ?? 'paused';
    return { text: REASONS[reason], tone: reason === 'paused' ? 'warn' : 'bad' };
  }
  return webhook.failing_since ? { text: 'Failing', tone: 'warn' } : { text: 'Active', tone: 'ok' };
}
