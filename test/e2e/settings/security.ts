import { expect, it } from 'vitest';
import type { TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';

/** Tests GET /v1/security of a service with AIRLOCK_SANDBOX=landlock. */
export const security = (given: () => TestService) => () => {
  it('reports how FFmpeg is confined, the last self-test, and which build of FFmpeg runs', async () => {
    const { status, json } = await given().call('GET', '/v1/security');
    expect(status).toBe(200);
    expect(json.sandbox).toEqual([
      {
        worker: expect.any(String),
        tier: 'landlock',
        bounds: { memory: expect.stringMatching(/^(?:control_group|address_space)$/), output: 'kernel' },
        arguments: 'hidden',
        passed: true,
        checks: expect.any(Number),
        exceptions: ['own pid namespace', 'learn whether a host file exists'],
        at: expect.stringMatching(/Z$/),
      },
    ]);
    expect(json.sandbox[0].checks).toBeGreaterThan(180);
    expect(json.ffmpeg.version).toMatch(/^ffmpeg version/);
    const known = await until(
      async () => {
        const { ffmpeg } = (await given().call('GET', '/v1/security')).json;
        return ffmpeg.update && ffmpeg;
      },
      { what: 'the report on FFmpeg' },
    );
    expect(['current', 'newer', 'unknown']).toContain(known.update.state);
    expect(known.advisories.table).toMatch(/^\d{4}-\d\d-\d\d$/);
    const { open, fixed, unknown } = known.advisories;
    expect(open.length + fixed.length + unknown.length).toBeGreaterThan(5);
    expect((await given().call('GET', '/health-check')).json.sandbox).toEqual({ tier: 'landlock' });
  });
};
