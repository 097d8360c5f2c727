import { describe, expect, it } from 'vitest';
import { planAll } from '../../sandbox/self-test/plans.ts';
import { rejectedAttempts, strictAttempts } from '../../sandbox/self-test/rejected-attempts.ts';
import { REACHES, type SelfTestCheck } from '../../sandbox/types.ts';
import { reachTable, summarizeReach } from './sandbox-reach.ts';

const check = (changes: Partial<SelfTestCheck>): SelfTestCheck => ({
  attempt: 'read a file',
  expected: 'ENOENT',
  seen: 'ENOENT',
  passed: true,
  promised: true,
  reach: 'files',
  ...changes,
});

describe('the attempts of the self-test', () => {
  const tier = { name: 'bwrap', inside: (path: string) => path, exceptions: {} } as const;
  const targets = { tier, canary: '/canary', otherJob: '/job', service: 3 };

  it('each try to reach one thing of the summary, except the attempt that must succeed', () => {
    const [proof, ...attempts] = rejectedAttempts(targets);
    expect(proof!.reach).toBeUndefined();
    expect(attempts.filter(({ reach }) => !reach)).toEqual([]);
    expect(
      strictAttempts(tier, 'strict')
        .slice(1)
        .map(({ reach }) => reach),
    ).toEqual(['files', 'files', 'files']);
  });

  it('that kill or exhaust their cell report what they try to reach', () => {
    const filters = ['media', 'strict', 'linked'] as const;
    const plans = planAll(targets, { full: true, filters, hasCgroup: true });
    const ended = {
      end: 'crash',
      exitCode: 1,
      signal: null,
      stderr: '',
      outputDir: '/',
      cpuMs: 0,
      maxRssBytes: 0,
    } as const;
    const result = { ...ended, wallMs: 0, release: async () => {} };
    const alone = plans.filter(({ attempt }) => attempt !== 'run the probe');
    expect(alone.length).toBeGreaterThan(25);
    const checks = alone.flatMap(({ evaluate }) => evaluate(result, Buffer.alloc(0)));
    expect(checks.filter(({ reach }) => !reach)).toEqual([]);
  });
});

describe('what a hostile file could reach', () => {
  it('is nothing if every attempt was blocked, with the reasons in the order of their frequency', () => {
    const checks = [check({ seen: 'EROFS' }), check({}), check({}), check({ reach: 'network', seen: 'EPERM' })];
    expect(summarizeReach(checks)).toEqual([
      {
        reach: 'files',
        attempts: 3,
        reached: [],
        notPromised: [],
        answers: [
          { answer: 'does not exist', attempts: 2 },
          { answer: 'read-only', attempts: 1 },
        ],
      },
      { reach: 'network', attempts: 1, reached: [], notPromised: [], answers: [{ answer: 'denied', attempts: 1 }] },
    ]);
    const shown = reachTable(checks, Number.POSITIVE_INFINITY);
    expect(shown).toMatch(/^✓ the machine's files .* 3 {2}nothing {2}does not exist, read-only$/m);
  });

  it('names the attempts that succeeded, and the attempts that the tier does not promise to block', () => {
    const open = check({ attempt: 'open a socket', reach: 'network', seen: '3', passed: false });
    const known = check({ attempt: 'learn whether a file exists', seen: '0', promised: false });
    const [files, network] = summarizeReach([check({}), known, open]);
    expect(files).toMatchObject({ attempts: 2, reached: [], notPromised: ['learn whether a file exists'] });
    expect(network).toMatchObject({ attempts: 1, reached: ['open a socket'], answers: [] });
    const shown = reachTable([check({}), known, open], Number.POSITIVE_INFINITY);
    expect(shown).toMatch(/^– the machine's files .* 1 not promised /m);
    expect(shown).toMatch(/^✗ the network .* 1 REACHED/m);
  });

  it('fits a terminal of 80 characters', () => {
    const checks = REACHES.map((reach) => check({ reach }));
    const lines = reachTable(checks, 80).trimEnd().split('\n');
    expect(lines).toHaveLength(REACHES.length + 1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
