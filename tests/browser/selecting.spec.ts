// Selecting more than is loaded, and nothing that was not meant.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(160, { seed: 151, small: true, newest: new Date('2026-08-28T12:00:00Z'), days: 500 });
let seeded: Promise<string[]> | null = null;
let order: string[];

test.beforeEach(async ({ page, stack }) => {
  seeded ??= Api.of(stack, 'selecting').then(async (api) => {
    await api.upload(photos);
    await api.settled(photos);
    return (await api.list()).map((one) => one.photo_id);
  });
  order = await seeded;
  // Short pages: what one has not scrolled to is not loaded, as in a large library.
  await page.route('**/api/photos?*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '20');
    return route.continue({ url: url.href });
  });
  await signIn(page, 'selecting');
  await expect(page.locator('[data-id]').first()).toBeVisible();
});

const trashed = (page: Page): string[] => {
  const ids: string[] = [];
  page.on('request', (request) => request.url().endsWith('/api/photos/trash') && ids.push(...(request.postDataJSON() as { photo_ids: string[] }).photo_ids));
  return ids;
};
const bar = (page: Page) => page.getByRole('banner', { name: 'Selection' });
const circleOf = (page: Page, id: string) => page.locator(`[data-id="${id}"] [data-circle]`);

test('Shift takes all from here to there, over months that nobody has loaded; those and no others go to the trash, and come back', async ({ page, stack }) => {
  const ids = trashed(page);
  await circleOf(page, order[3] ?? '').click();
  await page.getByRole('slider', { name: 'Date' }).press('End');
  const last = order[order.length - 4] ?? '';
  await expect(page.locator(`[data-id="${last}"]`)).toBeVisible();
  await page.locator(`[data-id="${last}"]`).click({ modifiers: ['Shift'] });
  const count = order.length - 6;
  await expect(bar(page).getByText(`${count} selected`)).toBeVisible();
  await page.getByRole('button', { name: 'Move to trash' }).first().click();
  await expect(page.getByText(`${count} photos moved to trash`)).toBeVisible();
  expect([...ids].sort()).toEqual(order.slice(3, order.length - 3).sort());
  await expect(page.getByText(/^That is everything: 6 photos/)).toBeAttached();
  await expect(page.locator('[data-id]')).toHaveCount(6);
  await page.getByRole('button', { name: 'Undo' }).click();
  const api = await Api.of(stack, 'selecting');
  await expect.poll(async () => (await api.list()).length, { timeout: 60_000 }).toBe(160);
  await expect(page.getByText(/^That is everything: 160 photos/)).toBeAttached();
});

test('Ctrl+A is the whole library; it says how far it is, and Escape gives it up', async ({ page }) => {
  const held: (() => void)[] = [];
  let hold = true;
  await page.route('**/api/photos?*cursor*', async (route) => {
    if (hold) await new Promise<void>((go) => held.push(go));
    await route.fallback();
  });
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+a');
  await expect(bar(page).getByText(/^Selecting… \d+/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Move to trash' }).first()).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(bar(page)).toHaveCount(0);
  hold = false;
  for (const go of held) go();
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+a');
  await expect(bar(page).getByText('160 selected')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Move to trash' }).first()).toBeEnabled();
  // Over and done with on one screen.
  await page.getByRole('button', { name: 'Clear selection' }).click();
  await expect(bar(page)).toHaveCount(0);
});

test('a day is selected as a whole, in part, or not', async ({ page, stack }) => {
  const api = await Api.of(stack, 'selecting');
  const day = (await api.list())[0]?.taken.slice(0, 10) ?? '';
  const ofDay = (await api.list()).filter((one) => one.taken.startsWith(day)).map((one) => one.photo_id);
  const box = page.locator('article').first().getByRole('checkbox');
  await expect(box).toHaveAttribute('aria-checked', 'false');
  await circleOf(page, ofDay[0] ?? '').click();
  await expect(box).toHaveAttribute('aria-checked', ofDay.length > 1 ? 'mixed' : 'true');
  if (ofDay.length > 1) await box.click();
  await expect(box).toHaveAttribute('aria-checked', 'true');
  await expect(bar(page).getByText(`${ofDay.length} selected`)).toBeVisible();
  await box.click();
  await expect(bar(page)).toHaveCount(0);
});

test('a library of any length ends once, with nothing asked beyond it; dragging along the years asks nothing until the hand rests', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => /\/api\/photos\?/.test(request.url()) && asked.push(request.url()));
  const scrubber = page.getByRole('slider', { name: 'Date' });
  const box = (await scrubber.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
  await page.mouse.move(box.x + 30, box.y + 40);
  await page.mouse.down();
  const before = asked.length;
  // All in one task of the page: no hand rests there.
  await scrubber.evaluate((element, { x, y, height }) => {
    for (let i = 0; i < 20; i++) element.dispatchEvent(new PointerEvent('pointermove', { clientX: x + 30, clientY: y + 40 + ((height - 80) * i) / 20, bubbles: true }));
  }, box);
  expect(asked.length).toBe(before);
  await page.mouse.up();
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  await expect(scrubber).toHaveAttribute('aria-valuetext', /2025, \d+ photos?$/);
  await scrubber.hover({ position: { x: 30, y: 30 } });
  await expect(scrubber.locator('.bubble')).toHaveText(/2026 \d+ photos?/);
});
