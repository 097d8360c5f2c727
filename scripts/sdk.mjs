// Builds the SDK for npm: sdk/src/ into sdk/dist/, JavaScript and types, with the licence beside them. `npm run check` has
// checked the types.
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sdk = join(root, 'sdk');
rmSync(join(sdk, 'dist'), { recursive: true, force: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', join(sdk, 'tsconfig.json'), '--noCheck'], { stdio: 'inherit' });
copyFileSync(join(root, 'LICENSE'), join(sdk, 'LICENSE'));
