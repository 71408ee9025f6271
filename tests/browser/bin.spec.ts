// The trash, by keys, by touch, and when the API is away.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import type { Stack } from './stack.ts';

async function bin(page: Page, stack: Stack, user: string, count: number, seed: number, kept = 1): Promise<string[]> {
  const photos = makePhotos(count + kept, { seed, small: true, newest: new Date('2026-09-20T12:00:00Z'), days: 20 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const ids = photos.slice(kept).map((photo) => photo.sha256);
  await api.call('POST', '/photos/trash', { photo_ids: ids });
  await signIn(page, user, '/trash');
  if (count <= 12) await expect(page.locator('[data-id]')).toHaveCount(count);
  else await expect(page.getByText(`${count} photos. They stay here for 30 days.`)).toBeAttached();
  await expect(page.locator('[data-id]').first()).toBeVisible();
  return ids;
}
const tiles = (page: Page) => page.locator('[data-id]');
const idOf = (page: Page, at: number) => tiles(page).nth(at).getAttribute('data-id');

test('each photo says how long it stays: 30 days, 3, today, any moment now', async ({ page, user, stack }) => {
  // The answers are the API's own; only the time is moved.
  const ages = [0, 27.5, 29.5, 31];
  await page.route('**/api/trash*', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { photos: { trashed_at: string }[] };
    body.photos.forEach((photo, i) => (photo.trashed_at = new Date(Date.now() - (ages[i] ?? 0) * 86_400_000).toISOString()));
    await route.fulfill({ response, json: body });
  });
  await bin(page, stack, user, 4, 511);
  for (const [i, words] of ['30 days left', '3 days left', 'today', 'any moment now'].entries()) {
    await expect(tiles(page).nth(i).locator('.badge')).toHaveText(words);
    await expect(tiles(page).nth(i)).toHaveAccessibleName(new RegExp(`, ${words}$`));
  }
  await expect(page.locator('.badge.hot')).toHaveCount(3);
});

test('after restoring the next photo has the focus, then the heading; Show leads to the newest of what came back', async ({ page, user, stack }) => {
  await bin(page, stack, user, 5, 512);
  const [first, second, third, , last] = await Promise.all([0, 1, 2, 3, 4].map((i) => idOf(page, i)));
  await tiles(page).nth(0).focus();
  await page.keyboard.press('r');
  await expect(page.getByText('1 photo restored')).toBeVisible();
  await expect(page.locator(`[data-id="${second}"]`)).toBeFocused();
  // By the bar, from the second to the third.
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('2 selected')).toBeVisible();
  await expect(page.locator(`[data-id="${third}"]`)).toBeFocused();
  await page.getByRole('button', { name: 'Restore' }).first().click();
  await expect(page.getByText('2 photos restored')).toBeVisible();
  await expect(tiles(page).first()).toBeFocused();
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator(`[data-id="${second}"]`)).toBeFocused();
  await expect(page.locator(`[data-id="${first}"]`)).toBeVisible();

  await page.goto('/trash');
  await expect(tiles(page)).toHaveCount(2);
  await tiles(page).first().focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('r');
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(page.locator(`[data-id="${last}"]`)).toBeVisible();
});

test('keys lead through the whole trash, and Undo undoes what was moved there', async ({ page, user, stack }) => {
  await page.setViewportSize({ width: 700, height: 420 });
  await bin(page, stack, user, 30, 513);
  await tiles(page).first().focus();
  const first = await idOf(page, 0);
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.id ?? '');
  await page.keyboard.press('PageDown');
  await expect.poll(focused).not.toBe(first);
  const second = await focused();
  await page.keyboard.press('PageUp');
  await expect.poll(focused).toBe(first);
  await page.keyboard.press('Control+End');
  await expect.poll(focused).not.toBe(first);
  expect(await focused()).not.toBe(second);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Control+Home');
  await expect.poll(focused).toBe(first);
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText(/^[2-9]\d? selected$/)).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Photos', exact: true }).click();
  await expect(tiles(page)).toHaveCount(1);
  await tiles(page).first().focus();
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo moved to trash')).toBeVisible();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Trash', exact: true }).click();
  await expect(page.getByText('31 photos. They stay here for 30 days.')).toBeAttached();
  await page.keyboard.press('Control+z');
  const api = await Api.of(stack, user);
  await expect.poll(async () => (await api.list()).length).toBe(1);
  await expect(page.getByText('30 photos. They stay here for 30 days.')).toBeAttached();
});

test('while the API fails the trash says so once and asks no more by itself; asked again it goes on where it was', async ({ page, user, stack, watch }) => {
  watch.allow(503, /^\/api\/trash$/);
  let down = false, refused = 0;
  await page.route('**/api/trash*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '20');
    if (!down || !url.searchParams.has('cursor')) return route.continue({ url: url.href });
    refused++;
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"busy","status":503}' });
  });
  await page.setViewportSize({ width: 700, height: 300 });
  down = true;
  const photos = makePhotos(50, { seed: 514, small: true, newest: new Date('2026-09-20T12:00:00Z') });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await api.call('POST', '/photos/trash', { photo_ids: photos.map((photo) => photo.sha256) });
  await signIn(page, user, '/trash');
  await expect(tiles(page).first()).toBeVisible();
  const note = page.getByRole('alert').filter({ hasText: 'These photos could not be loaded.' });
  await page.mouse.move(300, 200);
  for (let i = 0; i < 12; i++) {
    await page.mouse.wheel(0, 150);
    await page.waitForTimeout(30);
  }
  await expect(note).toBeVisible();
  expect(refused).toBe(1);
  const top = () => page.locator('.trash-scroll').evaluate((box) => box.scrollTop);
  const before = await top();
  expect(before).toBeGreaterThan(0);
  down = false;
  await note.getByRole('button', { name: 'Try again' }).click();
  await expect(note).toHaveCount(0);
  expect(await top()).toBe(before);
  await tiles(page).first().focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByText(/^(40|50) selected$/)).toBeVisible();
});

test.describe('by touch', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  async function hold(page: Page, at: number): Promise<void> {
    const box = await tiles(page).nth(at).boundingBox();
    if (!box) throw new Error('no tile');
    const cdp = await page.context().newCDPSession(page);
    const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    // As long as a long press is.
    await page.waitForTimeout(600);
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await cdp.detach();
  }
  const corner = { position: { x: 14, y: 14 } };

  test('a tap on a corner opens the photo; a long press or the menu selects, here and in the timeline', async ({ page, user, stack }) => {
    await bin(page, stack, user, 4, 515, 3);
    await tiles(page).nth(0).tap(corner);
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await hold(page, 1);
    await expect(page.getByText('1 selected')).toBeVisible();
    await tiles(page).nth(2).tap();
    await expect(page.getByText('2 selected')).toBeVisible();
    await page.getByRole('button', { name: 'Restore' }).last().click();
    await expect(page.getByText('2 photos restored')).toBeVisible();
    await expect(tiles(page)).toHaveCount(2);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Select photos' }).click();
    await tiles(page).first().tap(corner);
    await expect(page.getByText('1 selected')).toBeVisible();
    await page.getByRole('button', { name: 'Clear selection' }).click();

    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Photos', exact: true }).click();
    await expect(tiles(page)).toHaveCount(5);
    await tiles(page).nth(0).tap(corner);
    await expect(page.getByRole('dialog')).toBeVisible();
    await expect(page.getByText('1 selected')).toHaveCount(0);
  });
});
