import { quoted } from './shell.ts';

export type Language = 'curl' | 'typescript' | 'python';

/** Returns a program that sends this body. `origin` is the address of the API. The program reads the key from the environment. */
export function snippet(language: Language, origin: string, body: unknown): string {
  const url = `${origin}/v1/transcodes`;
  switch (language) {
    case 'curl':
      return [
        `curl ${quoted(url)}`,
        '-H "Authorization: Bearer $AIRLOCK_API_KEY"',
        "-H 'Content-Type: application/json'",
        `-d ${quoted(JSON.stringify(body, null, 2))}`,
      ].join(' \\\n  ');
    case 'typescript':
      return `const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: {
    Authorization: \`Bearer \${process.env.AIRLOCK_API_KEY}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${indented(JSON.stringify(body, null, 2))}),
});
const job = await response.json();
if (!response.ok) throw new Error(job.message);
console.log(job.id, job.status);`;
    case 'python':
      return `import os
import requests

response = requests.post(
    ${JSON.stringify(url)},
    headers={"Authorization": f"Bearer {os.environ['AIRLOCK_API_KEY']}"},
    json=${pythonText(body, 4)},
)
job = response.json()
if not response.ok:
    raise RuntimeError(job["message"])
print(job["id"], job["status"])`;
  }
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** Formats a value in the syntax of Python. `depth`: number of spaces before the line. */
export function pythonText(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = ' '.repeat(depth + 4);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((item) => pythonText(item, depth + 4))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pythonText(item, depth + 4)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${' '.repeat(depth)}${close}`;
}
