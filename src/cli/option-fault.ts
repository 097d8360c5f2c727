import { describeIssue, type SchemaIssue, type Sent } from '../contract/faults/describe-issue.ts';

/**
 * Returns the message for a rejected value, which names the value's option. `options` contains the option that sets each field of the
 * request.
 */
export function describeOption(issue: SchemaIssue, sent: Sent, options: Readonly<Record<string, string>>): string {
  const { field, reason, remedy } = describeIssue(issue, sent);
  return `${options[field.replace(/\[.*/, '')] ?? field} ${reason}. ${remedy}.`;
}
