import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { faultsOf } from './axe.ts';
import { overflowing } from './undeletable.ts';

const PHONE = { width: 390, height: 844 };

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([shareService(), openBrowser()]);
});
afterAll(() => browser?.close());

describe('a page for an unknown address', () => {
  it('is shown to a person within the design of the dashboard, and repeats nothing of the address', async () => {
    const page = await browser.newPage();
    const response = await page.goto(`${service.api}/<img src=x onerror=alert(1)>?nope=secret`);
    expect([response!.status(), response!.headers()['cache-control']]).toEqual([404, 'no-store']);
    expect(response!.headers()['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self'/);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    expect(await page.content()).not.toMatch(/onerror|secret/);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Open the dashboard' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.close();
  });

  it.each([
    ['GET', '/nope', '*/*'],
    ['POST', '/nope', 'text/html'],
    ['GET', '/v1/nope', 'text/html,*/*'],
    ['GET', '/v1?nope', 'text/html,*/*'],
  ])(
    'is replaced by an error of the API for programs, and for browsers on paths of the API: %s %s',
    async (method, path, accept) => {
      const { status, json } = await service.call(method, path, undefined, { accept });
      expect([status, json.code]).toEqual([404, 'not_found']);
    },
  );
});

describe('the consent page', () => {
  it('looks like the sign-in page, in light and dark colors, and on a phone', async () => {
    const redirect_uri = 'https://assistant.example/callback';
    const client = { client_name: 'Assistant', redirect_uris: [redirect_uri] };
    const { client_id } = (await service.call('POST', '/oauth/register', client)).json;
    const query = new URLSearchParams({
      ...{ client_id, redirect_uri, response_type: 'code', scope: 'transcode upload read admin' },
      ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', bounced: '1' },
    });
    const page = await browser.newPage({ viewport: PHONE, reducedMotion: 'reduce' });
    const looksOf = (name: string) =>
      page.getByRole('button', { name, exact: true }).evaluate((button) => {
        const view = button.ownerDocument.defaultView!;
        const { backgroundColor, color, fontFamily, borderRadius } = view.getComputedStyle(button);
        const behind = view.getComputedStyle(button.ownerDocument.documentElement).backgroundColor;
        return { backgroundColor, color, fontFamily, borderRadius, behind };
      });
    const schemes = ['light', 'dark'] as const;
    await page.goto(`${service.api}/jobs`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const looks = [];
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      looks.push(await looksOf('Sign in'));
    }
    expect(looks[0]!.behind).not.toBe(looks[1]!.behind);
    await page.goto(`${service.api}/oauth/authorize?${query}`);
    await page.getByRole('heading', { name: /Allow .*Assistant.* to use Airlock\?/ }).waitFor();
    await page.locator('.brand svg').waitFor();
    expect(await overflowing(page)).toEqual([]);
    for (const [index, colorScheme] of schemes.entries()) {
      await page.emulateMedia({ colorScheme });
      expect(await looksOf('Allow')).toEqual(looks[index]);
      expect(await faultsOf(page)).toEqual([]);
    }
    await page.close();
  });
});
