import type { Page } from 'playwright-core';

const SCREENS = 20;
/** Minimum number of frames that are drawn until the second callback of a jump. */
const FRAMES = 2;

/** Responds with this number of jobs instead of the service. */
export async function feedJobs(page: Page, total: number): Promise<void> {
  await page.route('**/v1/jobs?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [first, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit'))];
    const items = Array.from({ length: Math.min(limit, total - first) }, (_, index) => jobAt(first + index));
    const end = first + items.length;
    await route.fulfill({ json: { items, total, next: end < total ? String(end) : null } });
  });
}

function jobAt(index: number) {
  const at = new Date(Date.now() - index * 1000).toISOString();
  const running = index % 5 === 0;
  return {
    ...{
      id: `01a21786-9d2c-7995-8000-${String(index).padStart(12, '0')}`,
      kind: 'transcode',
      status: running ? 'processing' : 'completed',
    },
    inputs: [{ url: `gs://airlock/clip-${index}.mp4`, duration: 60, format: 'mov,mp4', size: 1e6 }],
    outputs: running
      ? []
      : [{ name: 'webm', status: 'completed', format: 'webm', size: 5e5, width: 1280, height: 720 }],
    ...{ output_format: 'webm', duration_seconds: 60, error_code: null, progress: 0.5, speed: 2.5, eta_seconds: 12 },
    ...{ created_at: at, updated_at: at, started_at: at, completed_at: running ? null : at, queue_position: null },
  };
}

/**
 * Scrolls through the page in jumps, each of which draws every row again, once without and once with the jobs. Returns the time per frame
 * below which nine of ten jumps stay, in milliseconds of processor time of the page.
 */
export async function drawingCost(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const costs: number[] = [];
  for (let screen = 1; screen <= SCREENS; screen++) {
    const before = await spent();
    await page.evaluate(`scrollTo(0, document.documentElement.scrollHeight * ${screen / SCREENS})`);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    costs.push(((await spent()) - before) / FRAMES);
  }
  await session.detach();
  return costs.sort((a, b) => a - b)[Math.floor(SCREENS * 0.9)]!;
}
