// Selections that reach beyond what is loaded: what is backed up or clicked while they are walked, and days taken back.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import type { Stack } from './stack.ts';

const bar = (page: Page) => page.getByRole('banner', { name: 'Selection' });
const circleOf = (page: Page, id: string) => page.locator(`[data-id="${id}"] [data-circle]`);

/** `stays`: what the timeline itself would go on to load does not come. */
async function open(page: Page, stack: Stack, user: string, photos: ReturnType<typeof makePhotos>, stays = false): Promise<Api> {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  // Short pages: what one has not scrolled to is not loaded, as in a large library.
  await page.route('**/api/photos?*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '20');
    if (stays && url.searchParams.has('cursor') && !url.searchParams.has('order')) return;
    return route.continue({ url: url.href });
  });
  await signIn(page, user);
  await expect(page.locator('[data-id]').first()).toBeVisible();
  return api;
}

test('Ctrl+A takes no photo that is backed up while it is walked, and leaves alone what is clicked meanwhile', async ({ page, user, stack }) => {
  const api = await open(page, stack, user, makePhotos(60, { seed: 411, small: true, newest: new Date('2026-08-28T12:00:00Z'), days: 300 }));
  const order = (await api.list()).map((one) => one.photo_id);
  const held: (() => void)[] = [];
  await page.route('**/api/photos?*cursor*', async (route) => {
    await new Promise<void>((go) => held.push(go));
    await route.fallback();
  });
  await circleOf(page, order[0] ?? '').click();
  await page.locator('[data-id]').nth(1).focus();
  await page.keyboard.press('Control+a');
  await expect(bar(page).getByText(/^Selecting… \d+/)).toBeVisible();
  await expect.poll(() => held.length).toBeGreaterThan(0);
  const late = makePhotos(1, { seed: 412, small: true, newest: new Date('2025-12-01T12:00:00Z') });
  await api.upload(late);
  await api.settled(late);
  await circleOf(page, order[0] ?? '').click();
  await page.unroute('**/api/photos?*cursor*');
  for (const go of held) go();
  await expect(bar(page).getByText('59 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('59 photos moved to trash')).toBeVisible();
  expect((await api.list()).map((one) => one.photo_id).sort()).toEqual([order[0], late[0]?.sha256].sort());
});

test('Shift takes no photo that is backed up while the way between is walked', async ({ page, user, stack }) => {
  const api = await open(page, stack, user, makePhotos(90, { seed: 414, small: true, newest: new Date('2026-08-28T12:00:00Z'), days: 900 }));
  const order = (await api.list()).map((one) => one.photo_id);
  await circleOf(page, order[2] ?? '').click();
  await page.getByRole('slider', { name: 'Date' }).press('End');
  const last = page.locator(`[data-id="${order[order.length - 3]}"]`);
  await expect(last).toBeVisible();
  const held: (() => void)[] = [];
  await page.route('**/api/photos?*order=asc*', async (route) => {
    await new Promise<void>((go) => held.push(go));
    await route.fallback();
  });
  await last.click({ modifiers: ['Shift'] });
  await expect(bar(page).getByText(/^Selecting… \d+/)).toBeVisible();
  await expect.poll(() => held.length).toBeGreaterThan(0);
  const late = makePhotos(2, { seed: 415, small: true, newest: new Date('2025-09-01T12:00:00Z') });
  await api.upload(late);
  await api.settled(late);
  await page.unroute('**/api/photos?*order=asc*');
  for (const go of held) go();
  await expect(bar(page).getByText('86 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('86 photos moved to trash')).toBeVisible();
  expect((await api.list()).map((one) => one.photo_id).sort()).toEqual([...order.slice(0, 2), ...order.slice(-2), ...late.map((photo) => photo.sha256)].sort());
});

test('a day that is not wholly loaded is given up as a whole, and its circle names no number that it does not know', async ({ page, user, stack }) => {
  await open(page, stack, user, makePhotos(45, { seed: 413, small: true, newest: new Date('2026-08-28T20:00:00Z'), days: 0.1 }), true);
  const day = page.locator('article').first().getByRole('checkbox');
  await expect(day).not.toHaveAccessibleName(/photos/);
  await day.click();
  await expect(bar(page).getByText('45 selected')).toBeVisible();
  await day.click();
  await expect(bar(page)).toHaveCount(0);
});
