// A month too large to be read at once: one gets into the middle of it without all that lies before.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test as base } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { seedBinary, Stack } from './stack.ts';

const COUNT = 12_000;
const USER = 'large';
const photos = makePhotos(4, { seed: 141, small: true, newest: new Date('2026-11-18T12:00:00Z'), days: 8 });

/** A Tintype of its own, whose catalog was filled while it was stopped. */
const test = base.extend<object, { stack: Stack }>({
  stack: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), 'tintype-large-'));
      const first = await Stack.start(['--data-dir', data]);
      const api = await Api.of(first, USER);
      await api.upload(photos);
      await api.settled(photos);
      const { sub } = JSON.parse(Buffer.from((await first.token(USER)).split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
      await first.stop();
      execFileSync(seedBinary, [data, sub, String(COUNT), '2018-07-01']);
      const stack = await Stack.start(['--data-dir', data]);
      await use(stack);
      await stack.stop();
      rmSync(data, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

/** What was asked of the listing; and the seeded photos have the pictures of those that they are copies of. */
async function open(page: Page, stack: Stack): Promise<string[]> {
  const variants = new Map((await (await Api.of(stack, USER)).call<{ photos: { photo_id: string; generation: string }[] }>('GET', '/photos?limit=4')).photos.map((one) => [one.generation, one.photo_id]));
  await page.route(/\/media\//, (route) => {
    const url = new URL(route.request().url());
    const [, media, user, , generation = '', name] = url.pathname.split('/');
    return route.continue({ url: new URL(['', media, user, variants.get(generation), generation, name].join('/'), url).href });
  });
  const asked: string[] = [];
  // What scrolling took back may be asked for again.
  page.on('requestfinished', (request) => /\/api\/photos\?/.test(request.url()) && asked.push(request.url()));
  await signIn(page, USER);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  return asked;
}

/** Ids of the tiles in reading order, and that they are neighbours in the library. */
async function expectNoHole(page: Page, stack: Stack): Promise<void> {
  // The row that has the focus is mounted wherever it is: far away it is nobody's neighbour.
  const tiles = await page.locator('[data-id]').evaluateAll((all) =>
    all.filter((tile) => Math.abs(tile.getBoundingClientRect().top) < 3 * innerHeight || tile.getBoundingClientRect().top !== document.activeElement?.getBoundingClientRect().top).map((tile) => ({ id: (tile as HTMLElement).dataset.id ?? '', box: tile.getBoundingClientRect() })).sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left).map(({ id }) => id));
  const api = await Api.of(stack, USER);
  const { taken } = await api.call<{ taken: string }>('GET', `/photos/${tiles[0] ?? ''}`);
  const listed = await api.call<{ photos: { photo_id: string }[] }>('GET', `/photos?limit=500&to=${encodeURIComponent(taken)}`);
  const after = listed.photos.map((one) => one.photo_id);
  expect(tiles.slice(1)).toEqual(after.slice(after.indexOf(tiles[1] ?? ''), after.indexOf(tiles[1] ?? '') + tiles.length - 1));
}

test('a jump into the middle of 12,000 photos of a month shows them without reading what lies before', async ({ page, stack }) => {
  const asked = await open(page, stack);
  const before = asked.length;
  const scrubber = page.getByRole('slider', { name: 'Date' });
  const box = await scrubber.boundingBox();
  await page.mouse.click((box?.x ?? 0) + 30, (box?.y ?? 0) + 22 + ((box?.height ?? 0) - 46) * 0.5);
  await expect(page.locator('.sticky .label')).toContainText('July 2018');
  await expect(page.locator('[data-id] img.there').first()).toBeInViewport();
  await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
  expect(asked.length - before, 'an island, and what is around it').toBeLessThanOrEqual(6);
  // The middle of the month, as far as one can tell from outside.
  await expect(page.locator('article').first()).toHaveAttribute('aria-label', /1[3-6] Jul/);
  await expectNoHole(page, stack);
});

test('from an island one scrolls either way without a jump and without a hole', async ({ page, stack }) => {
  const asked = await open(page, stack);
  await page.keyboard.press('g');
  await page.getByLabel('Show photos from').fill('2018-07-10');
  await page.keyboard.press('Enter');
  await expect(page.locator(':focus')).toHaveAttribute('aria-label', /10 July 2018, 23:5/);
  await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
  await page.mouse.move(600, 500);
  for (const pixels of [-400, 400]) {
    for (let i = 0; i < 30; i++) {
      const first = await page.evaluate(() => {
        const tile = [...document.querySelectorAll<HTMLElement>('[data-id]')].find((one) => one.getBoundingClientRect().top > 300);
        return { id: tile?.dataset.id ?? '', top: tile?.getBoundingClientRect().top ?? 0 };
      });
      await page.mouse.wheel(0, pixels);
      // The wheel moves what was there by no more than itself: what came in above moves nothing.
      await expect
        .poll(() => page.evaluate(({ id }) => document.querySelector(`[data-id="${id}"]`)?.getBoundingClientRect().top ?? null, first))
        .toBe(first.top - pixels);
    }
    await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
    await expectNoHole(page, stack);
  }
  expect([...asked].sort(), 'each page once').toEqual([...new Set(asked)].sort());
});

test('a reload and the viewer keep one’s place inside a month of 12,000', async ({ page, stack }) => {
  await open(page, stack);
  await page.keyboard.press('g');
  await page.getByLabel('Show photos from').fill('2018-07-20');
  await page.keyboard.press('Enter');
  await expect(page.locator(':focus')).toHaveAttribute('aria-label', /20 July 2018/);
  await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
  const id = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.id);
  await page.locator(':focus').press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  // The other photos of its strand are there on both sides.
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
  await expect(page).toHaveURL(new RegExp(`/photo/${id}$`));
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator(`[data-id="${id}"]`)).toBeFocused();
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 200);
  await page.waitForFunction(() => (history.state as { anchor?: object } | null)?.anchor);
  await page.reload();
  await expect(page.locator(`[data-id="${id}"]`)).toBeInViewport();
});
