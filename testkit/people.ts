import type { Browser, Page } from 'playwright-core';
import type { TestService } from './service.ts';

export const PASSWORD = 'correct horse battery';

/** Creates a person of the account and returns the one-time link. */
export async function invite(service: TestService, email: string, role: string, account: string): Promise<string> {
  const made = await service.cli('users', 'create', email, '--role', role, '--account', account, '--json');
  if (made.code !== 0) throw new Error(made.stderr);
  return JSON.parse(made.stdout).link;
}

/** Opens the link in a new browser context, and sets the password on the page. */
export async function setUp(browser: Browser, link: string): Promise<Page> {
  // Without reduced motion, the browser would draw transitions sixty times a second.
  const context = await browser.newContext({ acceptDownloads: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('heading', { name: 'Jobs', exact: true }).waitFor();
  return page;
}

/** Follows a link of the navigation, and waits for its page. */
export async function visit(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}
