import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Path prefixes of files that take longest, in the order to start them. */
const LONG = [
  'test/chaos/',
  'test/deploy/node24',
  'test/e2e/cli-',
  'test/hostile/',
  'test/e2e/',
  'test/docs/',
  'test/fuzz/',
  'test/media/wild',
  'test/web/dashboard',
  'test/conformance/',
  'test/launcher/',
];

/**
 * Starts long test files first, and the short ones of the project `pure` last, because each project has its own processes. A file that runs for a minute and starts last leaves every other core idle for that
 * minute; on a fresh clone Vitest knows no durations to sort by.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  if (project.name === 'pure') return LONG.length + 1;
  const found = LONG.findIndex((prefix) => moduleId.includes(`/${prefix}`));
  return found === -1 ? LONG.length : found;
}
