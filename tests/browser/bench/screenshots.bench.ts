// docs/screenshots: each screen, narrow and wide, light and dark. `make screenshots`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { Api } from '../api.ts';
import { signIn } from '../fixtures.ts';
import { root, Stack } from '../stack.ts';
import { choose, tray } from '../tray.ts';
import { landscapes } from './landscape.ts';

const folder = process.env.SCREENSHOTS ?? join(root, 'docs/screenshots');

/** Bunches of days, newest first, thinning out over the years. */
function dayOf(i: number): string {
  const bunch = [0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 7, 7, 7, 13, 13, 14, 14, 20, 20, 20, 20];
  const days = i < bunch.length ? (bunch[i] ?? 0) : 30 + (i - bunch.length) ** 2 * 2;
  return new Date(Date.UTC(2026, 10, 21) - days * 86_400_000).toISOString().slice(0, 10);
}

const odd = [
  { name: 'IMG_2041.CR3', bytes: Buffer.from('a raw file by its name') },
  { name: 'PXL_20261121_154207.mp4', bytes: Buffer.from('a film by its name') },
  { name: 'DSC_0117.HEIC', bytes: Buffer.from('a still by its name') },
];

async function shot(page: Page, name: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await cdp.detach();
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, 'base64'));
}

test('screenshots', async ({ browser }) => {
  mkdirSync(folder, { recursive: true });
  const stack = await Stack.start();
  const photos = landscapes(44, 1, dayOf);
  try {
    for (const [name, viewport] of [['1440', { width: 1440, height: 900 }], ['390', { width: 390, height: 844 }]] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        const user = `ada-${name}-${colorScheme}`;
        const context = await browser.newContext({ baseURL: stack.addresses.page, locale: 'en-GB', timezoneId: 'Europe/Vienna', viewport, colorScheme, hasTouch: name === '390', isMobile: name === '390' });
        const page = await context.newPage();
        const as = (screen: string) => shot(page, `${screen}-${name}-${colorScheme}`);
        await page.goto('/');
        await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
        await as('signin');
        await signIn(page, user);
        await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
        await page.waitForTimeout(300);
        await as('empty');

        const api = await Api.of(stack, user);
        await api.upload(photos.slice(0, 40));
        await api.settled(photos.slice(0, 40));
        await page.goto('/');
        await expect(page.locator('[data-id] img.there').first()).toBeVisible();
        await page.waitForTimeout(1200);
        await as('timeline');

        await page.locator('[data-id]').first().focus();
        for (const key of ['Space', 'ArrowRight', 'ArrowRight', 'Space', 'ArrowRight', 'Space']) await page.keyboard.press(key);
        await page.waitForTimeout(300);
        await as('selection');
        await page.keyboard.press('Escape');

        await page.locator('[data-id]').nth(2).press('Enter');
        await expect(page.getByRole('dialog')).toBeVisible();
        await page.waitForTimeout(700);
        await page.keyboard.press('i');
        await expect(page.getByRole('region', { name: 'Info' })).toContainText('Safe since');
        await page.waitForTimeout(700);
        if (colorScheme === 'dark') await as('lightbox');
        await page.keyboard.press('i');
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);

        // Some on their way, one that fails, some that are there already.
        let sent = 0;
        let release = (): void => undefined;
        const held = new Promise<void>((done) => (release = done));
        await page.route(/\/in\//, async (route) => {
          if (route.request().method() === 'PUT' && ++sent > 2) await held;
          await route.continue().catch(() => undefined);
        });
        await choose(page, [...photos.slice(40), ...photos.slice(4, 7), { name: 'notes.txt', bytes: Buffer.from('x') }]);
        await expect(tray(page).getByText('Already safe', { exact: true }).first()).toBeVisible();
        await expect(tray(page).locator('[data-state=safe]')).toHaveCount(2, { timeout: 60_000 });
        await page.waitForTimeout(800);
        await as('tray');
        release();
        page.on('dialog', (dialog) => void dialog.accept());

        await choose(page, odd);
        await expect.poll(async () => (await api.call<{ photos: number; pending: number }>('GET', '/me')).photos, { timeout: 60_000 }).toBeGreaterThanOrEqual(46);
        await page.waitForTimeout(3000);
        if (await tray(page).count()) {
          await expect(tray(page).getByRole('button', { name: 'Close' })).toBeVisible({ timeout: 60_000 });
          await tray(page).getByRole('button', { name: 'Close' }).click();
        }
        await page.goto('/');
        await expect(page.locator('[data-id] img.there').first()).toBeVisible();
        await page.waitForTimeout(1200);
        await as('nopreview');

        const listed = await api.list();
        await api.call('POST', '/photos/trash', { photo_ids: [...listed.slice(2, 9), ...listed.filter((one) => one.preview === 'none').slice(0, 1)].map((one) => one.photo_id) });
        await page.goto('/trash');
        await expect(page.locator('[data-id] img.there').first()).toBeVisible();
        await page.waitForTimeout(800);
        await as('trash');
        await page.getByRole('button', { name: /^Empty/ }).click();
        await page.waitForTimeout(300);
        await as('dialog');
        await page.keyboard.press('Escape');
        await page.goto('/status');
        await expect(page.getByRole('heading', { level: 1 })).toContainText('photos');
        await page.waitForTimeout(500);
        await as('status');
        await context.close();
      }
  } finally {
    await stack.stop();
  }
});
