// The picture in the viewer: zoomed by keys and by fingers, slow to come, not to be had, and in its full size.
import type { CDPSession, Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, still, test } from './fixtures.ts';
import { drawing, makePhotos, sha256, type TestPhoto } from './jpeg.ts';

const photos = makePhotos(5, { seed: 161, newest: new Date('2026-10-20T12:00:00Z'), days: 20 });
const bytes = drawing(1_620_000, 2600, 1700);
const large: TestPhoto = { name: 'large.jpg', bytes, sha256: sha256(bytes), modified: new Date('2026-10-21T12:00:00Z') };
let seeded: Promise<string[]> | null = null;
let order: string[];

const viewer = (page: Page) => page.getByRole('dialog');
const at = (i: number) => new RegExp(`/photo/${order[i]}$`);

test.beforeEach(async ({ page, stack }) => {
  seeded ??= Api.of(stack, 'viewing').then(async (api) => {
    await api.upload([large, ...photos]);
    await api.settled([large, ...photos]);
    return (await api.list()).map((one) => one.photo_id);
  });
  order = await seeded;
  await signIn(page, 'viewing');
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
});

async function open(page: Page, i: number): Promise<void> {
  await page.locator(`[data-id="${order[i]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  await expect(viewer(page).locator('.pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)')).toBeVisible();
  await still(page);
}
const picture = (page: Page) => viewer(page).locator('.pswp__item[aria-hidden=false] img').first();

test('every key of the viewer does what the list of shortcuts says', async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await open(page, 0);
  const fit = await picture(page).boundingBox();
  const wide = async () => (await picture(page).boundingBox())?.width ?? 0;
  await page.keyboard.press('+');
  await expect.poll(wide).toBeGreaterThan((fit?.width ?? 0) * 1.4);
  await page.keyboard.press('+');
  await expect.poll(wide).toBeGreaterThan((fit?.width ?? 0) * 2);
  // Zoomed in, arrows move about, and do not leave the photo before its edge.
  const x = async () => (await picture(page).boundingBox())?.x ?? 0;
  const before = await x();
  await page.keyboard.press('ArrowRight');
  await expect.poll(x).toBeLessThan(before);
  await expect(page).toHaveURL(at(0));
  const y = async () => (await picture(page).boundingBox())?.y ?? 0;
  const high = await y();
  await page.keyboard.press('ArrowDown');
  await expect.poll(y).toBeLessThan(high);
  await page.keyboard.press('-');
  await page.keyboard.press('0');
  await expect.poll(wide).toBeCloseTo(fit?.width ?? 0, -1);
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(at(1));
  await page.keyboard.press('End');
  await expect(page).toHaveURL(at(5));
  await page.keyboard.press('Home');
  await expect(page).toHaveURL(at(0));
  await page.keyboard.press('s');
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Keyboard shortcuts' })).toHaveCount(0);
  await expect(viewer(page)).toBeVisible();
  await page.keyboard.press('f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await page.keyboard.press('f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement === null)).toBe(true);
  await page.keyboard.press('Escape');
  await expect(viewer(page)).toHaveCount(0);
  await expect(page.getByRole('banner', { name: 'Selection' }).getByText('1 selected')).toBeVisible();
});

test('a preview that is slow leaves the thumb in its place, and takes over', async ({ page }) => {
  let go: () => void = () => undefined;
  const held = new Promise<void>((done) => (go = done));
  await page.route(/preview\.webp/, async (route) => {
    await held;
    await route.continue();
  });
  await page.locator(`[data-id="${order[1]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  const thumb = viewer(page).locator('.pswp__item[aria-hidden=false] img.pswp__img--placeholder');
  await expect(thumb).toBeVisible();
  expect(await thumb.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)).toBe(true);
  go();
  await expect(viewer(page).locator('.pswp__item[aria-hidden=false] img[src*="preview.webp"]')).toBeVisible();
  await expect(thumb).toHaveCount(0);
});

test('a preview that cannot be had says so over the thumb, and comes when it is asked for again', async ({ page, watch }) => {
  watch.allow(500, /preview\.webp$/);
  let down = true;
  await page.route(/preview\.webp/, (route) => (down ? route.fulfill({ status: 500 }) : route.continue()));
  await page.locator(`[data-id="${order[2]}"]`).click();
  const note = viewer(page).getByRole('alert').filter({ hasText: 'This picture cannot be shown now.' });
  await expect(note).toBeVisible();
  await expect(viewer(page).locator('.slide-thumb img').first()).toBeVisible();
  down = false;
  await note.getByRole('button', { name: 'Try again' }).click();
  await expect(viewer(page).locator('.pswp__item[aria-hidden=false] img[src*="preview.webp"]')).toBeVisible();
  await expect(note).toHaveCount(0);
});

test('beyond the pixels of the preview the original is offered, and shown where one is', async ({ page }) => {
  const full = viewer(page).getByRole('button', { name: /^Full size, / });
  const originals: string[] = [];
  page.on('request', (request) => request.url().endsWith('/original') && originals.push(request.url()));
  await open(page, 0);
  await expect(full).toHaveCount(0);
  await page.keyboard.press('z');
  await expect(full).toBeVisible();
  expect(originals).toEqual([]);
  const before = await picture(page).boundingBox();
  await full.click();
  const original = viewer(page).locator('.pswp__item[aria-hidden=false] img[src^="blob:"]');
  await expect(original).toBeVisible();
  await expect(full).toHaveCount(0);
  expect(await original.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([2600, 1700]);
  const after = await original.boundingBox();
  for (const side of ['x', 'y', 'width', 'height'] as const) expect(Math.abs((after?.[side] ?? 0) - (before?.[side] ?? 1e6)), side).toBeLessThanOrEqual(2);
});

test.describe('by touch', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  /** Fingers along their ways, each a list of points. */
  async function fingers(cdp: CDPSession, ways: readonly (readonly [number, number])[][]): Promise<void> {
    const steps = Math.max(...ways.map((way) => way.length));
    for (let i = 0; i < steps; i++) {
      const touchPoints = ways.map((way, id) => ({ id, x: way[Math.min(i, way.length - 1)]?.[0] ?? 0, y: way[Math.min(i, way.length - 1)]?.[1] ?? 0 }));
      await cdp.send('Input.dispatchTouchEvent', { type: i === 0 ? 'touchStart' : 'touchMove', touchPoints });
      await new Promise((done) => setTimeout(done, 16));
    }
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }
  const way = (from: [number, number], to: [number, number], n = 8): [number, number][] => Array.from({ length: n + 1 }, (_, i) => [from[0] + ((to[0] - from[0]) * i) / n, from[1] + ((to[1] - from[1]) * i) / n]);

  test('a swipe leafs, two fingers and a double tap zoom, a swipe down closes', async ({ page, context }) => {
    const cdp = await context.newCDPSession(page);
    await open(page, 1);
    await fingers(cdp, [way([320, 420], [60, 420])]);
    await expect(page).toHaveURL(at(2));
    await still(page);
    await fingers(cdp, [way([60, 420], [320, 420])]);
    await expect(page).toHaveURL(at(1));
    await still(page);
    const wide = async () => (await picture(page).boundingBox())?.width ?? 0;
    const fit = await wide();
    await fingers(cdp, [way([180, 420], [60, 420]), way([210, 420], [330, 420])]);
    await expect.poll(wide).toBeGreaterThan(fit * 1.3);
    const tap = async () => {
      for (let i = 0; i < 2; i++) {
        await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: 195, y: 420 }] });
        await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      }
    };
    await still(page);
    await tap();
    await expect.poll(wide).toBeCloseTo(fit, -1);
    await still(page);
    await fingers(cdp, [way([195, 420], [195, 760], 6)]);
    await expect(viewer(page)).toHaveCount(0);
    await expect(page).toHaveURL(/\/$/);
  });
});
