import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OTHER_VARIABLES, SETTINGS } from '../../src/config/settings.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');

it('every variable in the files of deploy/ is a setting', () => {
  const known = new Set([
    ...Object.values(SETTINGS).map(({ variable }) => variable),
    ...Object.values(OTHER_VARIABLES).flatMap((variables) => Object.keys(variables)),
  ]);
  const unknown = readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) =>
      (readFileSync(path, 'utf8').match(/\bAIRLOCK_[A-Z_]+\b/g) ?? [])
        .filter((variable) => !known.has(variable))
        .map((variable) => `${path}: ${variable}`),
    );
  expect(unknown).toEqual([]);
});
