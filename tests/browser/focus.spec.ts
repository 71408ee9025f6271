// Where Tab leads in a timeline that is mounted in part only, and what opens where a thumb can reach it.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(60, { seed: 431, small: true, newest: new Date('2026-06-28T12:00:00Z'), days: 900 });
let seeded: Promise<void> | null = null;

test.beforeEach(async ({ page, stack }) => {
  seeded ??= Api.of(stack, 'focus').then(async (api) => {
    await api.upload(photos);
    await api.settled(photos);
  });
  await seeded;
  await signIn(page, 'focus');
  await expect(page.locator('[data-id]').first()).toBeVisible();
});

const stops = (page: Page) => page.locator('main [data-id][tabindex="0"]');
const focused = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement).dataset.id ?? null);

test('in the middle of the timeline, after a jump and after a reload, Tab and the first link lead to a photo that shows', async ({ page }) => {
  await page.getByRole('slider', { name: 'Date' }).press('End');
  await expect(page.getByText(/^That is everything: 60 photos/)).toBeAttached();
  await expect(stops(page)).toHaveCount(1);
  await expect(stops(page)).toBeInViewport();
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, -2500);
  await page.waitForFunction(() => (history.state as { anchor?: object } | null)?.anchor);
  await page.reload();
  await expect(stops(page)).toHaveCount(1);
  await page.getByRole('link', { name: 'Skip to photos' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-id]:focus')).toBeInViewport();
});

test('a photo in focus keeps it while the wheel scrolls far away; the next arrow goes on where one looks, and Delete takes nothing unseen', async ({ page }) => {
  let asked = 0;
  page.on('request', (request) => request.url().endsWith('/api/photos/trash') && asked++);
  await page.locator('[data-id]').first().focus();
  const id = await focused(page);
  await page.mouse.move(600, 500);
  for (let i = 0; i < 8; i++) await page.mouse.wheel(0, 600);
  await expect(page.locator(`[data-id="${id}"]`)).not.toBeInViewport();
  await expect.poll(() => page.locator('.timeline').evaluate((element) => element.scrollTop)).toBeGreaterThan(3000);
  expect(await focused(page)).toBe(id);
  await page.keyboard.press('Delete');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => focused(page)).not.toBe(id);
  await expect(page.locator('[data-id]:focus')).toBeInViewport();
  expect(await page.locator('.timeline').evaluate((element) => element.scrollTop)).toBeGreaterThan(3000);
  expect(asked).toBe(0);
});

test('on a phone "Jump to date" opens on the screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Jump to date' }).click();
  await expect(page.getByLabel('Show photos from')).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('button', { name: 'Go', exact: true })).toBeInViewport({ ratio: 1 });
});

test('a held arrow key in the viewer writes to the address bar no more often than every browser allows, and the last photo is written', async ({ page, stack }) => {
  await page.addInitScript(() => {
    const replace = history.replaceState.bind(history);
    Object.assign(globalThis, { writes: [] as string[] });
    history.replaceState = (state: unknown, unused: string, url?: string | URL | null) => {
      (globalThis as unknown as { writes: string[] }).writes.push(String(url));
      replace(state, unused, url);
    };
  });
  await page.reload();
  await page.locator('[data-id]').first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Older photo' })).toBeVisible();
  const started = Date.now();
  for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowRight');
  const listed = (await (await Api.of(stack, 'focus')).list()).map((one) => one.photo_id);
  await expect(page).toHaveURL(new RegExp(`/photo/${listed[40]}$`));
  const writes = await page.evaluate(() => (globalThis as unknown as { writes: string[] }).writes.filter((url) => url.startsWith('/photo/')).length);
  expect(writes).toBeLessThanOrEqual(2 + (Date.now() - started) / 200);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(new URL(page.url()).pathname).toBe('/');
});
