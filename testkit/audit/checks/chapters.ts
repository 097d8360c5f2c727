import { run } from '../../run.ts';

/** Returns the titles of the chapters. */
export async function listChapters(path: string): Promise<string[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_chapters', '-of', 'json', path]);
  const { chapters = [] } = JSON.parse(stdout) as { chapters?: { tags?: { title?: string } }[] };
  return chapters.map(({ tags }) => tags?.title ?? '');
}
