// What toasts offer: each of them is kept until it was seen, and Ctrl+Z is Undo and nothing else.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(6, { seed: 421, small: true, newest: new Date('2026-09-20T12:00:00Z'), days: 20 });

test.beforeEach(async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(6);
});

test('photos that are trashed one by one are told of together, and one Ctrl+Z brings all of them back', async ({ page, user, stack }) => {
  // Where a screen reader listens is there before there is anything to hear.
  const regions = await page.evaluateHandle(() => [...document.querySelectorAll('[role=status]')]);
  await page.locator('[data-id]').first().focus();
  for (const left of [5, 4, 3]) {
    await page.keyboard.press('Delete');
    await expect(page.locator('[data-id]')).toHaveCount(left);
    await expect(page.locator('[data-id]:focus')).toHaveCount(1);
  }
  await expect(page.getByText('3 photos moved to trash')).toBeVisible();
  expect(await regions.evaluate((all) => all.some((one) => one.isConnected && one.textContent?.includes('3 photos moved to trash')))).toBe(true);
  await page.keyboard.press('Control+z');
  await expect(page.locator('[data-id]')).toHaveCount(6);
  const api = await Api.of(stack, user);
  await expect.poll(async () => (await api.list()).length).toBe(6);
});

test('Ctrl+Z presses no button but Undo, and finds it behind a newer word', async ({ page, watch }) => {
  watch.allow(503, /^\/api\/photos\/trash$/);
  let down = false, asked = 0;
  await page.route('**/api/photos/trash', (route) => {
    asked++;
    return down ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{}' }) : route.continue();
  });
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo moved to trash')).toBeVisible();
  down = true;
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo could not be moved')).toBeVisible();
  expect(asked).toBe(2);
  await page.keyboard.press('Control+z');
  await expect(page.locator('[data-id]')).toHaveCount(6);
  // Undo is used up; what is left is a Retry, and no key is for that.
  await expect(page.getByText('1 photo could not be moved')).toBeVisible();
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(page.getByText('1 photo could not be moved')).toBeVisible();
  expect(asked).toBe(2);
});

test('a word that offers something comes back after a newer one', async ({ page, watch }) => {
  watch.allow(500, /\/original$/);
  await page.route('**/api/photos/*/original', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{}' }));
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Delete');
  await expect(page.getByText('1 photo moved to trash')).toBeVisible();
  await page.keyboard.press('d');
  await expect(page.getByText('The original could not be fetched.')).toBeVisible();
  await expect(page.getByText('1 photo moved to trash')).toHaveCount(0);
  await expect(page.getByText('The original could not be fetched.')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('[data-id]')).toHaveCount(6);
});
