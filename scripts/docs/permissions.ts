import type { OpenAPI3 } from 'openapi-typescript';
import { SCOPES } from '../../src/contract/keys.ts';
import { ROLES } from '../../src/contract/people.ts';
import { code, heading, table } from './markdown.ts';

interface Operation {
  'x-scopes'?: readonly string[];
  'x-roles'?: readonly string[];
  'x-own-jobs'?: boolean;
  'x-upload-token'?: boolean;
  security?: readonly object[];
}

/** Returns `docs/permissions.md`: the scopes and roles that each operation requires, from the OpenAPI document. */
export function permissionsPage(document: OpenAPI3): string {
  const rows: string[][] = [];
  const open: string[] = [];
  const ofTokens: string[] = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      const name = code(`${method.toUpperCase()} ${path}`);
      if (operation['x-upload-token']) ofTokens.push(name);
      if (operation['x-scopes']?.length) rows.push([name, ...cellsOf(method, path, operation)]);
      else open.push(operation.security?.length ? `${name} (with a session)` : name);
    }
  }
  const columns = [
    'Operation',
    ...SCOPES.map(code),
    ...ROLES.map((role) => `${role[0]!.toUpperCase()}${role.slice(1)}`),
  ];
  return `${heading('Scopes and roles', 'the OpenAPI document')}
The table under [Operations](#operations) shows who can use each operation. A key needs one of the marked scopes. A signed-in person needs one of
the marked roles. Other requests return \`403\` with the code \`forbidden\`. In \`/openapi.json\`, the fields \`x-scopes\` and \`x-roles\` of each
operation contain the same scopes and roles.

| Scope | Allows |
| --- | --- |
| \`transcode\` | Create jobs and probe files. Read, cancel and erase the key's own jobs |
| \`upload\` | Upload files and delete uploads |
| \`read\` | Read all jobs, uploads and events of the account, and its usage. A key with \`read\` and \`transcode\` can also cancel and erase all jobs of the account |
| \`admin\` | Manage keys, webhooks, templates and connections |
| \`operator\` | Manage accounts and workers, and read the audit log and the state of the queue and of storage. A key gets this scope only if you request it explicitly |

## Jobs of a key

A key with the scope \`transcode\` but without \`read\` can use only its own jobs and batches. In the table under [Operations](#operations),
\`own\` marks the operations with this restriction.

- The jobs of other keys and of people don't appear in the key's lists, events and streams. Requests for these jobs return \`404\`, as if the jobs
  didn't exist.
- The key can't use the outputs of other keys' jobs as inputs. It can use every upload of the account.
- If another key has already used an \`Idempotency-Key\` to create a job or batch, a request of this key with the same \`Idempotency-Key\` returns
  \`409\` with the code \`idempotency_conflict\`.
- If you rotate a key, the new key can use the jobs of the old key. During the overlap, each of the two keys can use the jobs of both keys.

## Operations

${table(columns, rows)}

\`POST /mcp\` requires a key with the scope \`read\` or \`transcode\`. Each tool requires the scopes of the requests that the tool sends.

[Upload tokens](upload-from-a-web-page.md) have no scopes. With an upload token, a web page can use only the following operations, and only for
uploads that were started with the token: ${ofTokens.join(', ')}.

These operations require no scope: ${open.join(', ')}.
`;
}

function cellsOf(method: string, path: string, operation: Operation): string[] {
  const { 'x-scopes': scopes = [], 'x-roles': roles = [], 'x-own-jobs': hasOwner = false } = operation;
  // The creation of a job is not limited to a person's own jobs.
  const isLimited = hasOwner && (method !== 'post' || path.includes('{'));
  const ofScopes = SCOPES.map((scope) => {
    if (!scopes.includes(scope)) return '';
    return scope === 'transcode' && isLimited ? 'own' : 'yes';
  });
  return [...ofScopes, ...ROLES.map((role) => (roles.includes(role) ? 'yes' : ''))];
}
