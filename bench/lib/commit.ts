import { runWell } from './run.ts';

const ROOT = { cwd: `${import.meta.dirname}/../..` };

/** Short name of the commit that runs, with `+` if the work tree has changes outside `docs/`. */
export async function currentCommit(): Promise<string> {
  const { stdout: commit } = await runWell('git', ['rev-parse', '--short', 'HEAD'], ROOT);
  const { stdout: changes } = await runWell('git', ['status', '--porcelain', '--', '.', ':!docs'], ROOT);
  return `${commit.trim()}${changes === '' ? '' : '+'}`;
}
