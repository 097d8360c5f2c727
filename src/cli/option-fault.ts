import { describeIssue, type SchemaIssue, type Sent } from '../contract/faults/describe-issue.ts';

/** Describes a rejected value by its option: the options are the flags by the fields of the request that they fill. */
export function describeOption(issue: SchemaIssue, sent: Sent, options: Readonly<Record<string, string>>): string {
  const { field, reason, remedy } = describeIssue(issue, sent);
  return `${options[field.replace(/\[.*/, '')] ?? field} ${reason}. ${remedy}.`;
}
