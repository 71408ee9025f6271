// Images are allowed by cookies that end: how often the page asks until they are there again, and when they never are.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import type { Stack } from './stack.ts';

const COUNT = 24;

/** A timeline that was seen; then its cookies end, and nothing is left in the cache. */
async function ended(page: Page, stack: Stack, user: string, seed: number): Promise<{ sessions: number; listings: number; images: Map<string, number> }> {
  const photos = makePhotos(COUNT, { seed, small: true, newest: new Date('2026-09-20T12:00:00Z'), days: 3 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await page.clock.install();
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(COUNT);
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('photos');
  await page.context().clearCookies({ path: /^\/media/ });
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await page.clock.fastForward(120_000);
  const asked = { sessions: 0, listings: 0, images: new Map<string, number>() };
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === '/api/session') asked.sessions++;
    if (pathname === '/api/photos') asked.listings++;
    if (pathname.startsWith('/media/')) asked.images.set(pathname, (asked.images.get(pathname) ?? 0) + 1);
  });
  return asked;
}

test('when cookies have ended one request brings all images of a view back, and none of them is asked for more than a few times', async ({ page, user, stack, watch }) => {
  watch.allow(403, /^\/media\//);
  const asked = await ended(page, stack, user, 741);
  const renewed = page.waitForResponse((response) => response.url().endsWith('/api/session') && response.ok());
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await renewed;
  await page.clock.runFor(7000);
  await expect(page.locator('[data-id] img.there')).toHaveCount(COUNT);
  await expect(page.locator('[data-id] .broken')).toHaveCount(0);
  await page.clock.runFor(60_000);
  expect(asked.sessions, 'for all of them').toBe(1);
  expect(asked.listings, 'addresses never change: no listing is read for new ones').toBe(0);
  expect(asked.images.size).toBe(COUNT);
  expect(Math.max(...asked.images.values())).toBeLessThanOrEqual(5);
});

test('images that are refused for good are not asked for in a loop, and are said to be missing', async ({ page, user, stack, watch }) => {
  watch.allow(403, /^\/media\//);
  const asked = await ended(page, stack, user, 742);
  await page.route(/\/media\//, (route) => route.fulfill({ status: 403 }));
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await expect(page.locator('[data-id] .broken').first()).toBeVisible();
  // Five minutes, in steps that leave the answers their time.
  for (const [steps, length] of [[20, 1000], [28, 10_000]] as const)
    for (let i = 0; i < steps; i++) {
      await page.clock.runFor(length);
      await page.waitForTimeout(100);
    }
  await expect(page.locator('[data-id] .broken')).toHaveCount(COUNT);
  await expect(page.locator('[data-id]').first()).toHaveAccessibleName(/, cannot be shown now$/);
  expect(asked.listings).toBe(0);
  expect(asked.sessions, 'at most once a minute').toBeLessThanOrEqual(6);
  expect(Math.max(...asked.images.values()), 'of one image in five minutes').toBeLessThanOrEqual(6);
});
