// What happens above what one looks at moves nothing of it: photos go to the trash, here or elsewhere, and come back.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

const MANY = 3_000;
const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded([MANY], use), { scope: 'worker', timeout: 180_000 }],
});

/** The first photo below the month's heading, and where it stands. */
const place = (page: Page) =>
  page.evaluate(() => {
    const top = (document.querySelector('.sticky')?.getBoundingClientRect().bottom ?? 0) + 1;
    const tiles = [...document.querySelectorAll<HTMLElement>('[data-id]')].map((tile) => ({ id: tile.dataset.id ?? '', box: tile.getBoundingClientRect() }));
    const first = tiles.filter(({ box }) => box.bottom > top).sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)[0];
    return { id: first?.id ?? '', top: first?.box.top ?? NaN };
  });
const topOf = (page: Page, id: string) => page.evaluate((id) => document.querySelector(`[data-id="${id}"]`)?.getBoundingClientRect().top ?? NaN, id);
const loaded = (page: Page) =>
  page.waitForFunction(async () => {
    for (let i = 0; i < 3; i++) await new Promise((done) => requestAnimationFrame(done));
    const gaps = [...document.querySelectorAll('.timeline .skeleton')].some((one) => one.getBoundingClientRect().top < innerHeight && one.getBoundingClientRect().bottom > 0);
    return !gaps && document.querySelector('.feed')?.getAttribute('aria-busy') === 'false';
  });

test('photos above what one looks at go to the trash, from here and from elsewhere, and come back: nothing in view moves', async ({ page, stack }) => {
  const owner = ownerOf(MANY);
  await showOnePicture(page, stack, owner);
  const api = await Api.of(stack, owner);
  const { photos: newest } = await api.call<{ photos: { photo_id: string }[] }>('GET', '/photos?limit=60');
  await signIn(page, owner);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  for (const at of [4, 5, 12]) await page.locator(`[data-id="${newest[at]?.photo_id}"] [data-circle]`).click();
  await page.locator('.timeline').evaluate((element) => element.scrollTo(0, 8000));
  await loaded(page);
  const before = await place(page);
  const same = async (where: string) => {
    await loaded(page);
    expect(Math.abs((await topOf(page, before.id)) - before.top), where).toBeLessThanOrEqual(1);
  };
  await page.keyboard.press('Delete');
  await expect(page.getByText('3 photos moved to trash')).toBeVisible();
  await same('moved to the trash');
  expect(await page.evaluate(() => document.activeElement === document.body), 'the focus is somewhere').toBe(false);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await api.call<{ photos: number }>('GET', '/me')).photos).toBe(MANY);
  await expect(page.getByRole('link', { name: '3,000 photos are safe. Show the status.' })).toBeVisible();
  await same('back from it');

  await api.call('POST', '/photos/trash', { photo_ids: newest.slice(0, 40).map((one) => one.photo_id) });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByRole('link', { name: '2,960 photos are safe. Show the status.' })).toBeVisible();
  await same('moved to the trash by somebody else');
  await api.call('POST', '/photos/restore', { photo_ids: newest.slice(0, 40).map((one) => one.photo_id) });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByRole('link', { name: '3,000 photos are safe. Show the status.' })).toBeVisible();
  await same('back by somebody else');
});
