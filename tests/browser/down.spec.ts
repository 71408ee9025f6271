// The API is down, busy, or answers nonsense: said in our words, and over when it is over.
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, still, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, Gate, tray } from './tray.ts';

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
  await expectAccessible(page, 'a first load that failed');
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

test('where the system chooses the colours, what is under way, pressed or current is told by its own lines and colours', async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  const photos = makePhotos(60, { seed: 126, small: true, days: 900 });
  await api.upload(photos);
  await api.settled(photos);
  await page.setViewportSize({ width: 1440, height: 420 });
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
  await signIn(page, user);
  const ground = (selector: string) => page.locator(selector).first().evaluate((one) => getComputedStyle(one).backgroundColor);
  const canvas = await page.evaluate(() => {
    const one = document.body.appendChild(document.createElement('i'));
    one.style.setProperty('color', 'Canvas');
    const colour = getComputedStyle(one).color;
    one.remove();
    return colour;
  });
  const line = (selector: string) => page.locator(selector).first().evaluate((one) => {
    const { borderTopStyle, borderTopWidth, outlineStyle, outlineWidth } = getComputedStyle(one);
    return Math.max(borderTopStyle === 'none' ? 0 : parseFloat(borderTopWidth), outlineStyle === 'none' ? 0 : parseFloat(outlineWidth));
  });
  // Where one is in time, and on which screen.
  await expect(page.locator('.scrubber .here')).toBeVisible();
  expect(await ground('.scrubber .here')).not.toBe(canvas);
  // Tried again: a style asked for while the sheets of the screens come in may have no answer yet.
  await expect(async () => {
    expect(await line('.nav a:not([aria-current])')).toBe(0);
    expect(await line('.nav a[aria-current]')).toBeGreaterThan(0);
  }).toPass();
  // A day that is selected.
  await page.locator('.day-title').first().hover();
  await page.getByRole('checkbox', { name: /^Select / }).first().click();
  expect(await ground('.day-title .circle.on')).not.toBe(canvas);
  await expectAccessible(page, 'a selection in forced colours');
  await page.keyboard.press('Escape');

  // How far an upload is.
  const gate = await Gate.at(page, 2);
  await drop(page, makePhotos(6, { seed: 125, small: true }));
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(2);
  await expect(tray(page).locator('.meter .a')).toBeVisible();
  expect(await ground('.meter .a')).not.toBe(canvas);
  for (const selector of ['.meter', '.tray', '.row .mini']) expect(await line(selector), selector).toBeGreaterThan(0);
  await expectAccessible(page, 'the tray in forced colours');
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 6 photos are safe.', { timeout: 60_000 });
  await tray(page).getByRole('button', { name: 'Close' }).click();

  // Info, pressed.
  await page.locator('[data-id]').first().click();
  const info = page.getByRole('dialog').getByRole('button', { name: 'Info', exact: true });
  await expect(info).toHaveAttribute('aria-pressed', 'false');
  await still(page);
  const before = await line('.lb-top [aria-pressed]');
  await info.click();
  await expect(info).toHaveAttribute('aria-pressed', 'true');
  expect(await line('.lb-top [aria-pressed]')).toBeGreaterThan(before);
  // And nothing moves for longer than a tenth of a second anywhere.
  const longest = await page.evaluate(() => Math.max(0, ...document.getAnimations().map((one) => Number(one.effect?.getComputedTiming().activeDuration ?? 0)), ...[...document.querySelectorAll('*')].flatMap((one) => getComputedStyle(one).transitionDuration.split(',').map((text) => parseFloat(text) * 1000))));
  expect(longest).toBeLessThanOrEqual(100);
});
