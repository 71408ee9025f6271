// What failed is not lost from sight, whatever is closed, stopped or opened in another tab.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos, type TestPhoto } from './jpeg.ts';
import { choose, drop, dropPaths, Gate, tray } from './tray.ts';

const sumOf = (photo: TestPhoto): string => Buffer.from(photo.sha256, 'hex').toString('base64');

async function refuse(page: Page, photos: readonly TestPhoto[]): Promise<void> {
  const bad = new Set(photos.map(sumOf));
  await page.route(/\/in\//, (route) =>
    bad.has(route.request().headers()['x-amz-checksum-sha256'] ?? '') && route.request().method() === 'PUT' ? route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, body: '<Error/>' }) : route.continue());
}

test('closing the tray forgets nothing that failed, nor does a reload: only Dismiss does, one by one or all', async ({ page, user, watch }) => {
  watch.allow(403, /\/in\//);
  const photos = makePhotos(4, { seed: 501, small: true });
  await signIn(page, user);
  await refuse(page, photos.slice(0, 3));
  await choose(page, photos);
  const failed = tray(page).locator('[data-state=failed]');
  await expect(failed).toHaveCount(3);
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(1, { timeout: 60_000 });
  await tray(page).getByRole('button', { name: 'Close' }).click();
  await expect(tray(page)).toHaveCount(0);
  const chip = page.getByRole('button', { name: '3 files could not be backed up. Show the uploads.' });
  await chip.click();
  await expect(failed).toHaveCount(3);
  await expect(tray(page).locator('[data-state]')).toHaveCount(3);

  await page.reload();
  await chip.click();
  await expect(failed).toHaveCount(3);
  await tray(page).getByRole('button', { name: `Dismiss ${photos[1]?.name ?? ''}` }).click();
  await expect(failed).toHaveCount(2);
  await expect(failed.filter({ hasText: photos[1]?.name ?? '' })).toHaveCount(0);
  await tray(page).getByRole('button', { name: 'Dismiss failed' }).click();
  await expect(failed).toHaveCount(0);
  await page.reload();
  await expect(page.locator('[data-id]')).toHaveCount(1);
  await expect(page.getByRole('link', { name: '1 photo is safe. Show the status.' })).toBeVisible();
  await expect(tray(page)).toHaveCount(0);
});

test('a folder with nothing in it is answered in words, and the next drop is backed up', async ({ page, user }) => {
  const root = mkdtempSync(join(tmpdir(), 'tintype-empty-'));
  mkdirSync(join(root, 'empty'));
  await signIn(page, user);
  await dropPaths(page, [join(root, 'empty')]);
  await expect(page.getByText('There is nothing in it to back up.')).toBeVisible();
  await expect(tray(page)).toHaveCount(0);
  await expect(page.getByText('Backing up 0')).toHaveCount(0);
  const photos = makePhotos(2, { seed: 502, small: true });
  for (const photo of photos) writeFileSync(join(root, photo.name), photo.bytes);
  await dropPaths(page, [root]);
  await expect(tray(page).getByRole('heading')).toHaveText('All 2 photos are safe.', { timeout: 60_000 });
  rmSync(root, { recursive: true });
});

test('a tab that shows another one’s uploads goes on showing them when its own network comes and goes', async ({ page, user, context }) => {
  const gate = await Gate.at(context);
  await page.goto('/');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'More' })).toBeVisible();
  await drop(page, makePhotos(6, { seed: 503, small: true }));
  await expect.poll(() => gate.waiting).toBe(4);
  const other = await context.newPage();
  await other.goto('/');
  await expect(tray(other)).toBeVisible();
  await tray(other).getByRole('button', { name: 'Show the files' }).click();
  await expect(tray(other)).toContainText('Uploading in another tab.');
  await expect(tray(other).locator('[data-state]')).toHaveCount(6);
  await other.evaluate(() => {
    dispatchEvent(new Event('offline'));
    dispatchEvent(new Event('online'));
  });
  // Several frames later.
  await other.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))));
  await expect(tray(other).locator('[data-state]')).toHaveCount(6, { timeout: 100 });
  gate.let();
  for (const tab of [page, other]) await expect(tray(tab).getByRole('heading')).toHaveText('All 6 photos are safe.', { timeout: 60_000 });
});

test('files of the same bytes in one drop are sent once, and each is called safe', async ({ page, user }) => {
  const [photo] = makePhotos(1, { seed: 504, small: true });
  if (!photo) throw new Error('no photo');
  const puts: string[] = [];
  page.on('request', (request) => request.method() === 'PUT' && puts.push(request.url()));
  await signIn(page, user);
  await drop(page, ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => ({ name, bytes: photo.bytes })));
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
  await expect(tray(page).locator('[data-state=safe], [data-state=duplicate]')).toHaveCount(3);
  expect(puts).toHaveLength(1);
});

test('leaving is not asked about once S3 has everything', async ({ page, user }) => {
  await signIn(page, user);
  let lookups = 0;
  let news: () => void = () => undefined;
  const told = new Promise<void>((done) => (news = done));
  await page.route('**/api/photos/lookup', async (route) => {
    if (++lookups > 1) await told;
    await route.continue();
  });
  await choose(page, makePhotos(2, { seed: 505, small: true }));
  await expect(tray(page).locator('[data-state=received]')).toHaveCount(2);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  expect(asked).toEqual([]);
  news();
});

test('signing in again does not end a pause', async ({ page, user, watch, stack }) => {
  watch.allow(401, /^\/api\//);
  watch.allow(400, /token/);
  await signIn(page, user);
  let ended = false;
  await page.route('**/api/**', (route) => (ended ? route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"token","status":401}' }) : route.continue()));
  await page.route(`${stack.addresses.issuer}/**token*`, (route) =>
    ended ? route.fulfill({ status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': stack.addresses.page }, body: '{"error":"invalid_grant"}' }) : route.continue());
  const gate = await Gate.at(page);
  await drop(page, makePhotos(4, { seed: 506, small: true }));
  await expect.poll(() => gate.waiting).toBe(4);
  await tray(page).getByRole('button', { name: 'Pause' }).click();
  ended = true;
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const bar = page.getByRole('alert').filter({ hasText: 'You are signed out.' });
  await expect(bar).toBeVisible();
  ended = false;
  const popup = page.waitForEvent('popup');
  await bar.getByRole('button', { name: 'Sign in again' }).click();
  const asked = await popup;
  const name = asked.locator('input[name=name]');
  await Promise.race([name.waitFor(), asked.waitForEvent('close')]).catch(() => undefined);
  if (!asked.isClosed()) {
    await name.fill(user);
    await asked.getByRole('button', { name: 'Sign in' }).click();
  }
  await expect(bar).toHaveCount(0);
  await expect(tray(page).getByText('Paused')).toBeVisible();
  gate.let();
  await tray(page).getByRole('button', { name: 'Resume' }).click();
  await expect(tray(page).getByRole('heading')).toHaveText('All 4 photos are safe.', { timeout: 60_000 });
});

test('the screen is kept on while files are sent, and no longer', async ({ page, user }) => {
  await page.addInitScript(() => {
    const held = ((globalThis as unknown as { held: WakeLockSentinel[] }).held = []) as WakeLockSentinel[];
    const real = WakeLock.prototype.request;
    WakeLock.prototype.request = async function (type) {
      const lock = await real.call(this, type);
      held.push(lock);
      return lock;
    };
  });
  const awake = () => page.evaluate(() => (globalThis as unknown as { held: WakeLockSentinel[] }).held.map((lock) => !lock.released));
  await page.context().grantPermissions(['screen-wake-lock']);
  await signIn(page, user);
  const gate = await Gate.at(page);
  await drop(page, makePhotos(2, { seed: 507, small: true }));
  await expect.poll(() => gate.waiting).toBe(2);
  await expect.poll(awake).toEqual([true]);
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 2 photos are safe.', { timeout: 60_000 });
  await expect.poll(awake).toEqual([false]);
});
