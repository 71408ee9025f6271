// What the page promises in words, held to the truth.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos, type TestPhoto } from './jpeg.ts';
import { drop, dropPaths, Gate, tray } from './tray.ts';
import type { Page } from '@playwright/test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function check(page: Page, photos: readonly TestPhoto[], more: Record<string, string> = {}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tintype-check-'));
  mkdirSync(join(folder, 'deeper'));
  photos.forEach((photo, i) => writeFileSync(join(folder, i % 2 ? 'deeper' : '.', photo.name), photo.bytes));
  for (const [name, text] of Object.entries(more)) writeFileSync(join(folder, name), text);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await (await chooser).setFiles(folder);
}

test('“You can delete them from this device” is said only if every single file is safe, and checking sends nothing', async ({ page, context, user, stack }) => {
  const photos = makePhotos(14, { seed: 111, small: true });
  const api = await Api.of(stack, user);
  await api.upload(photos.slice(0, 12));
  await api.settled(photos.slice(0, 12));
  await signIn(page, user, '/status');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('12 photos');
  const puts: string[] = [];
  page.on('request', (request) => request.method() === 'PUT' && puts.push(request.url()));
  const words = page.locator('.check');

  await check(page, photos.slice(0, 12), { '.DS_Store': 'x', 'notes.txt': 'x' });
  await expect(words).toContainText('All 12 files are safe in the Tintype of this machine.');
  await expect(words).toContainText('1 other file is no photo or video and was not compared.');

  await check(page, photos);
  await expect(words).toContainText('12 of 14 are safe. 2 are not:');
  await expect(words).toContainText(photos[13]?.name ?? '');
  await expect(words).not.toContainText('All');
  expect(puts).toEqual([]);

  // The names of what is not safe, to take along.
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await words.getByRole('button', { name: 'Copy list' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.split('\n').map((path) => path.split('/').pop()).sort()).toEqual(photos.slice(12).map((photo) => photo.name).sort());

  // Dropped on the box a folder is compared as well, and not uploaded.
  const folder = mkdtempSync(join(tmpdir(), 'tintype-check-'));
  for (const photo of photos.slice(0, 3)) writeFileSync(join(folder, photo.name), photo.bytes);
  await dropPaths(page, [folder], await words.boundingBox());
  await expect(words).toContainText('All 3 files are safe in the Tintype of this machine.');
  await expect(tray(page)).toHaveCount(0);
  expect(puts).toEqual([]);

  // In the trash is not safe.
  await api.call('POST', '/photos/trash', { photo_ids: [photos[3]?.sha256] });
  await page.reload();
  await check(page, photos.slice(0, 12));
  await expect(words).toContainText('11 of 12 are safe. 1 is not:');
  await words.getByRole('button', { name: 'Upload these 1' }).click();
  await expect(tray(page).getByRole('heading')).toHaveText('Your photo is safe.', { timeout: 60_000 });
});

test('“Check a folder” answers for all others when one file cannot be read, and names it', async ({ page, user, stack }) => {
  const photos = makePhotos(4, { seed: 115, small: true });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user, '/status');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('4 photos');
  const folder = mkdtempSync(join(tmpdir(), 'tintype-check-'));
  for (const photo of photos) writeFileSync(join(folder, photo.name), photo.bytes);
  // Gone between the choice and the reading.
  let go: () => void = () => undefined;
  const held = new Promise<void>((done) => (go = done));
  await page.route('**/hash.worker*', async (route) => {
    await held;
    await route.continue();
  });
  const words = page.locator('.check');
  await dropPaths(page, [folder], await words.boundingBox());
  await expect(words).toContainText('Comparing 0 of 4 files…');
  const gone = photos[1]?.name ?? '';
  rmSync(join(folder, gone));
  go();
  await expect(words).toContainText('3 of 4 are safe. 1 is not:');
  await expect(words.getByRole('listitem')).toHaveText([new RegExp(`${gone}$`)]);
  rmSync(folder, { recursive: true });
});

test('what is dropped and not kept is listed, each with its reason', async ({ page, user }) => {
  await signIn(page, user);
  const [photo] = makePhotos(1, { seed: 112, small: true });
  if (!photo) throw new Error('no photo');
  await page.evaluate((body) => {
    const transfer = new DataTransfer();
    const add = (name: string, parts: BlobPart[], type = '') => transfer.items.add(new File(parts, name, { type, lastModified: 5 }));
    add('photo.jpg', [Uint8Array.from(atob(body), (c) => c.charCodeAt(0))], 'image/jpeg');
    add('empty.jpg', [], 'image/jpeg');
    add('.DS_Store', ['x']);
    add('photo.xmp', ['x']);
    add('paper.pdf', ['%PDF'], 'application/pdf');
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, photo.bytes.toString('base64'));
  for (const reason of ['it is empty', 'a system file', 'sidecar, not kept yet', 'not a photo or video']) await expect(tray(page).getByText(`Skipped: ${reason}`)).toBeVisible();
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(1, { timeout: 60_000 });
  await tray(page).getByRole('button', { name: 'Keep anyway' }).click();
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(2, { timeout: 60_000 });
});

test('a session that ends in the middle of an upload: asked for again in a window of its own, and all goes on', async ({ page, user, watch, stack }) => {
  watch.allow(401, /^\/api\//);
  watch.allow(400, /token/);
  await signIn(page, user);
  // The API and the issuer say that it is over.
  let ended = false;
  const over = () => ended;
  await page.route('**/api/**', (route) => (over() ? route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"token","status":401}' }) : route.continue()));
  await page.route(`${stack.addresses.issuer}/**token*`, (route) =>
    over() ? route.fulfill({ status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': stack.addresses.page }, body: '{"error":"invalid_grant"}' }) : route.continue());
  const gate = await Gate.at(page, 4);
  await drop(page, makePhotos(24, { seed: 113, small: true }));
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  ended = true;
  gate.let();
  const bar = page.getByRole('alert').filter({ hasText: 'You are signed out.' });
  await expect(bar).toBeVisible();
  await expect(tray(page).locator('[data-state=failed]')).toHaveCount(0);
  ended = false;
  const popup = page.waitForEvent('popup');
  await bar.getByRole('button', { name: 'Sign in again' }).click();
  const asked = await popup;
  // The issuer asks for the name, or still knows it: then the window has closed by itself.
  const name = asked.locator('input[name=name]');
  await Promise.race([name.waitFor(), asked.waitForEvent('close')]).catch(() => undefined);
  if (!asked.isClosed()) {
    await name.fill(user);
    await asked.getByRole('button', { name: 'Sign in' }).click();
  }
  await expect(bar).toHaveCount(0);
  await expect(tray(page).getByRole('heading')).toHaveText('All 24 photos are safe.', { timeout: 60_000 });
});

test('another version on the server is told of, and not loaded unasked', async ({ page, user }) => {
  await page.clock.install();
  const armed = page.waitForResponse(/\/assets\/Toaster-/);
  await signIn(page, user);
  // From the moment on when all else is loaded, it looks every quarter of an hour.
  await armed;
  await page.route('**/config.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...((await answer.json()) as object), version: '9.9.9' } });
  });
  await page.clock.fastForward(16 * 60_000);
  await expect(page.getByText('A new version is ready.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible();
});

test('hostile names are shown as text', async ({ page, user }) => {
  const [a, b, c, d] = makePhotos(4, { seed: 114, small: true });
  if (!a || !b || !c || !d) throw new Error('no photos');
  await signIn(page, user);
  const names = ['<img src=x onerror=alert(1)>.jpg', '\u202egpj.exe.jpg', `${'🙂'.repeat(60)}.jpg`, 'a../../x.jpg'];
  await drop(page, [a, b, c, d].map((photo, i) => ({ ...photo, name: names[i] ?? '' })));
  await expect(tray(page).getByRole('heading')).toHaveText('All 4 photos are safe.', { timeout: 60_000 });
  await expect(tray(page).getByText('a../../x.jpg')).toBeVisible();
  // Elided in the middle, and whole where one looks for it.
  await expect(tray(page).getByText(/^🙂+…🙂*\.jpg$/u)).toBeVisible();
  await expect(tray(page).locator('.file').filter({ hasText: '…' })).toHaveAttribute('title', names[2] ?? '');
  await expect(tray(page).getByText('<img src=x onerror=alert(1)>.jpg')).toBeVisible();
  expect(await page.locator('img[src=x]').count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
