// Many to the trash at once: all that were meant, and what happens if only a part could be done.
import { Api } from './api.ts';
import { expect, signIn, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded([1200, 503], use), { scope: 'worker', timeout: 240_000 }],
});

test('of 1,200 to the trash the second call fails: what was moved stays moved, the rest is tried again, and Undo is of all', async ({ page, stack, watch }) => {
  watch.allow(503, /^\/api\/photos\/trash$/);
  const owner = ownerOf(1200);
  await showOnePicture(page, stack, owner);
  let calls = 0;
  await page.route('**/api/photos/trash', (route) => (++calls === 2 ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"busy","status":503}' }) : route.continue()));
  await signIn(page, owner);
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByRole('banner', { name: 'Selection' }).getByText('1,200 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('200 photos could not be moved')).toBeVisible();
  const api = await Api.of(stack, owner);
  const truth = (await api.list()).map((one) => one.photo_id);
  expect(truth).toHaveLength(200);
  await expect(page.locator('[data-id]').first()).toBeVisible();
  // What was loaded while the first call ran is read again after it.
  const wrong = () => page.locator('[data-id]').evaluateAll((tiles, here) => tiles.filter((tile) => !here.includes((tile as HTMLElement).dataset.id ?? '')).length, truth);
  await expect.poll(wrong, { message: 'what is in the trash is not shown as if it were here' }).toBe(0);
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByText('1,200 photos moved to trash')).toBeVisible();
  expect(await api.list()).toHaveLength(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await api.list()).length, { timeout: 60_000 }).toBe(1200);
});

test('500 of 503 to the trash at once: those and no others, in one request, and Undo brings every one back', async ({ page, stack }) => {
  const owner = ownerOf(503);
  await showOnePicture(page, stack, owner);
  const api = await Api.of(stack, owner);
  const order = (await api.list()).map((one) => one.photo_id);
  const asked: string[][] = [];
  page.on('request', (request) => request.url().endsWith('/api/photos/trash') && asked.push((request.postDataJSON() as { photo_ids: string[] }).photo_ids));
  await signIn(page, owner);
  const bar = page.getByRole('banner', { name: 'Selection' });
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+a');
  await expect(bar.getByText('503 selected')).toBeVisible();
  const kept = order.slice(0, 3);
  for (const id of kept) await page.locator(`[data-id="${id}"] [data-circle]`).click();
  await expect(bar.getByText('500 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  // While one points at it it stays.
  await page.getByText('500 photos moved to trash').hover();
  expect(asked.map((ids) => ids.length)).toEqual([500]);
  expect(asked.flat().sort()).toEqual(order.filter((id) => !kept.includes(id)).sort());
  await expect(page.getByText(/^That is everything: 3 photos/)).toBeInViewport();
  await expect(page.locator('[data-id]')).toHaveCount(3);
  expect((await api.list()).map((one) => one.photo_id)).toEqual(kept);
  await expect(page.locator(':focus')).toHaveAttribute('data-id', /./);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await api.list()).map((one) => one.photo_id), { timeout: 60_000 }).toEqual(order);
  await page.keyboard.press('Control+End');
  await expect(page.getByText(/^That is everything: 503 photos/)).toBeInViewport();
});
