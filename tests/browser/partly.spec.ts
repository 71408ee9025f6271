// Many at once, of which only a part could be done.
import { Api } from './api.ts';
import { expect, signIn, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded([1200], use), { scope: 'worker', timeout: 240_000 }],
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
