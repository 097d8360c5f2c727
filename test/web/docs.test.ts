import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { faultsOf } from './axe.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([shareService(), openBrowser()]);
});
afterAll(() => browser?.close());

describe('the documentation in a browser', () => {
  it('is searched with the keyboard, in dark colors, without a fault for screen readers or a violation of the policy', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${service.api}/docs`);
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('/');
    await page.keyboard.type('watermark');
    await page.getByRole('option', { name: /^Watermark/ }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/docs/recipes/overlays#watermark');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("fits on a phone, and explains an error at the address of the error's code", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(`${service.api}/docs/errors#not_found`);
    expect(await page.locator('tr:target').textContent()).toMatch(/^not_found/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.getByRole('button', { name: 'Search' }).waitFor();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByText('Explanation').click();
    await page.getByRole('link', { name: 'Concepts' }).click();
    await page.getByRole('heading', { level: 1, name: 'Concepts' }).waitFor();
    await page.close();
  });

  it('redirects the former address of a section to the page that the section moved to', async () => {
    const page = await browser.newPage();
    await page.goto(`${service.api}/docs/api#uploads-in-parts`);
    await page.waitForURL('**/docs/api/uploads#uploads-in-parts');
    expect(await page.locator('h2:target').textContent()).toMatch(/^Uploads in parts/);
    await page.close();
  });
});
