// A timeline that is taller than a browser lets an element be.
import { expect, signIn, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

/** So many that, on the narrowest phone, they are taller than the 8,000,000 px that the scrolled element may have. */
const MANY = 160_000;
const CAP = 8_000_000;

const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded([MANY], use), { scope: 'worker', timeout: 600_000 }],
});
test.use({ viewport: { width: 320, height: 640 }, hasTouch: true });

test('160,000 photos on the narrowest phone are taller than an element may be: it stays below that, and the oldest is reached by key, by handle and by wheel', async ({ page, stack }) => {
  const owner = ownerOf(MANY);
  await showOnePicture(page, stack, owner);
  await signIn(page, owner);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  const height = () => page.locator('.feed').evaluate((element) => element.getBoundingClientRect().height);
  expect(await height(), 'as tall as it may be, and no taller').toBe(CAP);
  const end = page.getByText(/^That is everything: 160,000 photos, the first from/);
  const oldest = page.locator('[data-id]').last();
  const label = page.locator('.sticky .label');

  // By a key.
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+End');
  await expect(end).toBeInViewport();
  await expect(oldest.locator('img.there')).toBeInViewport();
  await expect(label).toContainText('1999');
  expect(await height()).toBeLessThanOrEqual(CAP);
  await page.keyboard.press('Control+Home');
  await expect(label).toContainText('November 2026');

  // By the handle at the edge.
  const handle = page.locator('.scrub-handle .grip');
  const drag = async (to: number) => {
    await page.mouse.move(160, 400);
    await page.mouse.wheel(0, to > 400 ? 100 : -100);
    await expect(page.locator('.scrub-handle.shown')).toBeVisible();
    await handle.hover();
    await page.mouse.down();
    await page.mouse.move(310, to, { steps: 5 });
    await page.mouse.up();
  };
  await drag(639);
  await expect(end).toBeInViewport();
  await expect(oldest.locator('img.there')).toBeInViewport();
  await drag(40);
  await expect(label).toContainText('November 2026');
  await expect(page.locator('[data-id] img.there').first()).toBeInViewport();

  // By the wheel, from a little before the end: the element's own end is not the library's.
  await page.locator('.timeline').evaluate((element) => element.scrollTo(0, element.scrollHeight - 6000));
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  await page.mouse.move(160, 400);
  await expect(async () => {
    await page.mouse.wheel(0, 4000);
    await expect(end).toBeInViewport({ timeout: 500 });
  }).toPass({ timeout: 120_000 });
  await expect(end).toHaveCount(1);
  await expect(oldest.locator('img.there')).toBeInViewport();
  expect(await height()).toBeLessThanOrEqual(CAP);
  expect(await page.locator('*').count()).toBeLessThan(2_000);
});
