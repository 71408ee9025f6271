// The timeline keeps one's place, never shifts, and stays small.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(320, { seed: 81, small: true, newest: new Date('2026-06-28T12:00:00Z'), days: 1100 });

/** Seeded once for the file: these tests only look. */
let seeded: Promise<void> | null = null;
test.beforeEach(async ({ page, stack }) => {
  test.setTimeout(240_000);
  seeded ??= Api.of(stack, 'timeline').then(async (api) => {
    await api.upload(photos);
    await api.settled(photos);
  });
  await seeded;
  await page.addInitScript(() => {
    interface Shift {
      value: number;
      sources: { node: Node | null }[];
    }
    const shifts: { value: number; what: unknown[] }[] = [];
    (globalThis as unknown as { shifts: unknown[] }).shifts = shifts;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as Shift[]) shifts.push({ value: entry.value, what: entry.sources.map(({ node }) => (node as Element | null)?.className ?? node?.nodeName) });
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await signIn(page, 'timeline');
  await expect(page.locator('[data-id]').first()).toBeVisible();
});

/** The first photo below the month's heading, and where it stands. */
const place = (page: Page) =>
  page.evaluate(() => {
    const top = (document.querySelector('.sticky')?.getBoundingClientRect().bottom ?? 0) + 1;
    const tiles = [...document.querySelectorAll<HTMLElement>('[data-id]')].map((tile) => ({ id: tile.dataset.id, box: tile.getBoundingClientRect() }));
    const first = tiles.filter(({ box }) => box.bottom > top).sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)[0];
    return { id: first?.id, top: Math.round(first?.box.top ?? 0) };
  });
/** Until nothing is being loaded and nothing moves; `remembered`: and the address knows the first photo in view. */
const settle = (page: Page, remembered = false) =>
  page.waitForFunction(async (remembered) => {
    const first = () => {
      const top = (document.querySelector('.sticky')?.getBoundingClientRect().bottom ?? 0) + 1;
      const tiles = [...document.querySelectorAll<HTMLElement>('[data-id]')].map((tile) => ({ id: tile.dataset.id, box: tile.getBoundingClientRect() }));
      const found = tiles.filter(({ box }) => box.bottom > top).sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)[0];
      return { id: found?.id, top: found?.box.top };
    };
    const before = first();
    for (let i = 0; i < 10; i++) await new Promise((done) => requestAnimationFrame(done));
    const now = first();
    const state = history.state as { anchor?: { id: string } } | null;
    const still = now.id !== undefined && now.id === before.id && now.top === before.top;
    return still && document.querySelector('.feed')?.getAttribute('aria-busy') === 'false' && (!remembered || state?.anchor?.id === now.id);
  }, remembered);
const scrollTo = async (page: Page, y: number): Promise<void> => {
  await page.locator('.timeline').evaluate((element, y) => element.scrollTo(0, y), y);
  await settle(page, true);
};
const month = (page: Page) => page.locator('.sticky .label');

test('nothing ever shifts, and what is mounted is bounded', async ({ page }) => {
  let most = 0;
  await page.mouse.move(600, 500);
  for (let i = 0; i < 80; i++) {
    await page.mouse.wheel(0, 500);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    most = Math.max(most, await page.evaluate(() => document.querySelectorAll('*').length));
  }
  await settle(page);
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: { value: number }[] }).shifts);
  test.info().annotations.push({ type: 'figures', description: `at most ${most} nodes; layout shifts ${JSON.stringify(shifts)}` });
  expect(shifts).toEqual([]);
  expect(most).toBeLessThanOrEqual(2000);
});

test('a reload, Back from another screen, and the viewer leave one where one was', async ({ page }) => {
  await scrollTo(page, 3000);
  const before = await place(page);
  await page.reload();
  await expect(page.locator(`[data-id="${before.id}"]`)).toBeVisible();
  await settle(page);
  expect(await place(page)).toEqual(before);

  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('photos');
  await page.goBack();
  await expect(page.locator(`[data-id="${before.id}"]`)).toBeVisible();
  await settle(page);
  expect(await place(page)).toEqual(before);

  const ids = await page.locator('[data-id]').evaluateAll((tiles) => tiles.filter((tile) => tile.getBoundingClientRect().top > 200).map((tile) => (tile as HTMLElement).dataset.id));
  await page.locator(`[data-id="${ids[0]}"]`).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await settle(page);
  expect(await place(page)).toEqual(before);
});

test('another width keeps the photo in view, and the width of before has the same one first', async ({ page }) => {
  await scrollTo(page, 2500);
  const { id } = await place(page);
  await page.setViewportSize({ width: 768, height: 1024 });
  await settle(page);
  await expect(page.locator(`[data-id="${id}"]`)).toBeInViewport();
  await page.setViewportSize({ width: 1440, height: 900 });
  await settle(page);
  expect((await place(page)).id).toBe(id);
});

test('the keyboard goes everywhere', async ({ page }) => {
  const first = page.locator('[data-id]').first();
  await first.focus();
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.id);
  const start = await focused();
  /** Each key moves the focus to another photo, in view. */
  const moves = async (key: string) => {
    const before = await focused();
    await page.keyboard.press(key);
    await expect.poll(async () => ![before, undefined].includes(await focused())).toBe(true);
    await expect(page.locator(':focus')).toBeInViewport();
  };
  await moves('ArrowRight');
  await moves('ArrowLeft');
  expect(await focused()).toBe(start);
  for (let i = 0; i < 12; i++) await moves('ArrowDown');
  await moves('PageDown');
  await page.keyboard.press('Control+Home');
  await expect.poll(focused).toBe(start);
  // One stop for Tab among all photos.
  expect(await page.locator('[data-id][tabindex="0"]').count()).toBe(1);
});

test('keys that come before their code are done when it is there', async ({ page }) => {
  const held: (() => void)[] = [];
  let open = false;
  await page.route(/\/assets\/(grid-keys|JumpToDate)-/, async (route) => {
    if (!open) await new Promise<void>((done) => held.push(done));
    await route.continue();
  });
  await page.reload();
  await expect(page.locator('[data-id]').first()).toBeVisible();
  await page.locator('[data-id]').first().focus();
  const top = await page.locator('.timeline').evaluate((element) => element.scrollTop);
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('g');
  await expect.poll(() => held.length).toBe(2);
  expect(await page.locator('.timeline').evaluate((element) => element.scrollTop), 'the browser does not scroll meanwhile').toBe(top);
  open = true;
  for (const go of held) go();
  await expect(page.getByLabel('Show photos from')).toBeFocused();
  await expect(page.getByText('2 selected')).toBeVisible();
});

test('jumps to a date and by the scrubber', async ({ page }) => {
  const date = page.getByLabel('Show photos from');
  await page.keyboard.press('g');
  await date.fill('2024-10-15');
  await page.keyboard.press('Enter');
  await expect(month(page)).toContainText('October 2024');
  await expect(page.locator(':focus')).toHaveAttribute('aria-label', /October 2024/);

  const scrubber = page.getByRole('slider', { name: 'Date' });
  await scrubber.press('End');
  await expect(page.getByText(/^That is everything: 320 photos/)).toBeAttached();
  await scrubber.press('Home');
  await expect(scrubber).toHaveAttribute('aria-valuetext', /June 2026, \d+ photos/);
  const box = await scrubber.boundingBox();
  await page.mouse.click((box?.x ?? 0) + 30, (box?.y ?? 0) + (box?.height ?? 0) * 0.5);
  await expect(month(page)).toContainText(/2024|2025/);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
});

test('what comes in above moves nothing, and a pill tells of it', async ({ page, stack }) => {
  await scrollTo(page, 2600);
  const before = await place(page);
  const fresh = makePhotos(6, { seed: 82, small: true, newest: new Date('2026-07-20T12:00:00Z'), days: 3 });
  const api = await Api.of(stack, 'timeline');
  await api.upload(fresh);
  await api.settled(fresh);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByRole('button', { name: '6 new photos' })).toBeVisible();
  expect(await place(page)).toEqual(before);
  await page.getByRole('button', { name: '6 new photos' }).click();
  await expect(month(page)).toContainText('July 2026');
  await api.call('POST', '/photos/trash', { photo_ids: fresh.map((photo) => photo.sha256) });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('a handle comes while one scrolls, and leads to any year', async ({ page }) => {
    const handle = page.locator('.scrub-handle');
    let y = 900;
    // It fades a moment after the scrolling has ended: taken again if this machine was too slow for it.
    await expect(async () => {
      await page.locator('.timeline').evaluate((element, y) => element.scrollTo(0, y), (y += 100));
      await expect(handle).toHaveClass(/shown/);
      const box = await handle.boundingBox();
      await page.mouse.move((box?.x ?? 0) + 30, (box?.y ?? 0) + 22);
      await page.mouse.down();
      await page.mouse.move((box?.x ?? 0) + 30, 800, { steps: 8 });
      await page.mouse.up();
      await expect(month(page)).toContainText(/2023|2024/, { timeout: 5000 });
    }).toPass();
    await expect(page.locator('[data-id] img.there').first()).toBeVisible();
    await expect(handle).not.toHaveClass(/shown/);
  });
});
