// The API is down, busy, or answers nonsense: said in our words, and over when it is over.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

test('a first load that fails says so, shows nothing of the inside, and comes back without a reload', async ({ page, user, stack, watch }) => {
  watch.allow(503, /^\/api\//);
  watch.allow(502, /^\/api\//);
  const photos = makePhotos(3, { seed: 121 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  let down = true;
  await page.route('**/api/timeline', (route) => (down ? route.fulfill({ status: 502, contentType: 'text/html', body: '<html><h1>Stack trace at line 7</h1></html>' }) : route.continue()));
  await signIn(page, user);
  const alert = page.getByRole('alert').filter({ hasText: 'Tintype cannot reach its API.' });
  await expect(alert).toContainText('502');
  await expect(page.locator('body')).not.toContainText('Stack trace');
  down = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('[data-id]')).toHaveCount(3);
});

test('a busy API is left alone as long as it asks, and then all goes on', async ({ page, user, watch }) => {
  watch.allow(429, /^\/api\/uploads$/);
  await signIn(page, user);
  const asked: number[] = [];
  await page.route('**/api/uploads', (route) => {
    asked.push(Date.now());
    return asked.length === 1 ? route.fulfill({ status: 429, headers: { 'retry-after': '3' }, contentType: 'application/json', body: '{"message":"Too Many Requests"}' }) : route.continue();
  });
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('u');
  await (await chooser).setFiles(makePhotos(3, { seed: 122, small: true }).map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: bytes })));
  await expect(page.getByRole('complementary', { name: 'Uploads' }).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(2900);
});

test('less motion, and colours of the system’s own', async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  const photos = makePhotos(4, { seed: 123 });
  await api.upload(photos);
  await api.settled(photos);
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(4);
  const longest = await page.evaluate(() => Math.max(0, ...[...document.querySelectorAll('*')].flatMap((element) => getComputedStyle(element).transitionDuration.split(',').map((text) => parseFloat(text) * 1000))));
  expect(longest).toBeLessThanOrEqual(100);
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Space');
  await expect(page.getByText('1 selected')).toBeVisible();
  expect(await page.locator('.tile.selected').evaluate((tile) => getComputedStyle(tile).outlineStyle)).toBe('solid');
});

test('leave to see images that is refused at first is asked for again, and the photos are there without a reload', async ({ page, user, stack, watch }) => {
  watch.allow(503, /^\/api\/session$/);
  const api = await Api.of(stack, user);
  const photos = makePhotos(3, { seed: 124 });
  await api.upload(photos);
  await api.settled(photos);
  let asked = 0;
  await page.route('**/api/session', (route) => (++asked === 1 ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{}' }) : route.continue()));
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(3);
  expect(asked).toBe(2);
});
