// A browser that keeps nothing for the page.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { expect, expectAccessible, test } from './fixtures.ts';

test('where cookies and site data are blocked the page says so, and what to do', async ({ stack }) => {
  const profile = mkdtempSync(join(tmpdir(), 'tintype-blocked-'));
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
  const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'], baseURL: stack.addresses.page });
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto('/');
    expect(await page.evaluate(() => { try { return localStorage.length; } catch (error) { return (error as Error).name; } })).toBe('SecurityError');
    const alert = page.getByRole('alert').filter({ hasText: 'Allow cookies and site data for this address, then try again.' });
    await expect(alert).toBeVisible();
    await expectAccessible(page, 'nothing is kept');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await expect(alert).toBeVisible();
    expect(faults).toEqual([]);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
});
