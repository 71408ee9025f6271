import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(8, { seed: 61, newest: new Date('2026-09-20T12:00:00Z'), days: 20 });

test.beforeEach(async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(8);
});

test('to the trash and back by Undo, at the same place', async ({ page, user, stack }) => {
  const before = await page.locator('[data-id]').evaluateAll((tiles) => tiles.map((tile) => (tile as HTMLElement).dataset.id));
  await page.locator('[data-id]').nth(2).focus();
  await page.keyboard.press('Delete');
  await expect(page.locator('[data-id]')).toHaveCount(7);
  await expect(page.locator(`[data-id="${before[3]}"]`)).toBeFocused();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('[data-id]')).toHaveCount(8);
  expect(await page.locator('[data-id]').evaluateAll((tiles) => tiles.map((tile) => (tile as HTMLElement).dataset.id))).toEqual(before);
  const api = await Api.of(stack, user);
  await expect.poll(async () => (await api.list()).length).toBe(8);
});

test('a selection to the trash; restored there; seen in the timeline again', async ({ page }) => {
  await page.locator('[data-id]').nth(1).hover();
  await page.locator('[data-id]').nth(1).locator('[data-circle]').click();
  await page.locator('[data-id]').nth(4).click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Move to trash' }).first().click();
  await expect(page.getByText('4 photos moved to trash')).toBeVisible();
  await expect(page.locator('[data-id]')).toHaveCount(4);

  await page.getByRole('link', { name: 'Trash', exact: true }).click();
  await expect(page.locator('[data-id]')).toHaveCount(4);
  await expect(page.getByText('30 days left')).toHaveCount(4);
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Restore' }).first().click();
  await expect(page.getByText('1 photo restored')).toBeVisible();
  await expect(page.locator('[data-id]')).toHaveCount(3);

  // In the viewer the same by a key.
  await page.locator('[data-id]').first().press('Enter');
  await expect(page.getByRole('dialog').getByText('In the trash', { exact: true })).toBeVisible();
  await page.keyboard.press('r');
  await expect(page.getByText('1 photo restored')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-id]')).toHaveCount(2);
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(page.locator('[data-id]')).toHaveCount(6);
});

test('emptying asks first, with the focus on Cancel, and then makes all of it due', async ({ page, user, stack }) => {
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Delete');
  await page.getByRole('link', { name: 'Trash', exact: true }).click();
  await page.getByRole('button', { name: 'Empty trash…' }).click();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('[data-id]')).toHaveCount(1);
  await page.getByRole('button', { name: 'Empty trash…' }).click();
  await page.getByRole('button', { name: 'Remove 1 photo' }).click();
  await expect(page.getByText(/^They are being removed\./)).toBeVisible();
  const api = await Api.of(stack, user);
  await expect.poll(async () => (await api.call<{ photos: unknown[] }>('GET', '/trash')).photos.length, { timeout: 40_000 }).toBe(0);
});

test('what is selected is still so after a look at the status, and is left behind on the way to the trash', async ({ page }) => {
  await page.locator('[data-id]').nth(1).locator('[data-circle]').click();
  await page.locator('[data-id]').nth(4).locator('[data-circle]').click();
  await expect(page.getByText('2 selected')).toBeVisible();
  const go = (path: string) => page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await go('/status');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('safe');
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(page.getByText('2 selected')).toBeVisible();
  await go('/trash');
  await expect(page.getByRole('heading', { name: 'Trash' })).toBeVisible();
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(page.locator('[data-id]')).toHaveCount(8);
  await expect(page.getByText('2 selected')).toHaveCount(0);
});
