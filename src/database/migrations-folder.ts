import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';

export function migrationsFolder(): string {
  return join(projectRoot(), 'src/database/migrations');
}
