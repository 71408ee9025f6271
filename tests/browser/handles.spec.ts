// What was dropped is found again after a reload by its handle, where the browser has no room for the bytes.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Request } from '@playwright/test';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos, type TestPhoto } from './jpeg.ts';
import { dropPaths, Gate, tray } from './tray.ts';

test.beforeEach(async ({ page }) => {
  // No room for bytes: only the handle is kept.
  await page.addInitScript(() => {
    if (navigator.storage) Object.defineProperty(navigator.storage, 'estimate', { value: () => Promise.resolve({ quota: 1000, usage: 990 }) });
  });
  page.on('dialog', (dialog) => void dialog.accept());
});

/** A folder in a folder, and a file beside it, where a person would have them. */
function written(photos: readonly TestPhoto[]): { root: string; drops: string[]; pathOf: (i: number) => string } {
  const root = mkdtempSync(join(tmpdir(), 'tintype-handles-'));
  const pathOf = (i: number) => (i === 0 ? join(root, photos[0]?.name ?? '') : join(root, 'trip', i % 2 ? '.' : 'day two', photos[i]?.name ?? ''));
  mkdirSync(join(root, 'trip', 'day two'), { recursive: true });
  for (const [i, { bytes, modified }] of photos.entries()) {
    writeFileSync(pathOf(i), bytes);
    utimesSync(pathOf(i), modified, modified);
  }
  return { root, drops: [pathOf(0), join(root, 'trip')], pathOf };
}

/** Checksums that were sent, and those that S3 said it has. */
function watchPuts(page: Page): { sent: string[]; received: Set<string> } {
  const seen = { sent: [] as string[], received: new Set<string>() };
  const of = (request: Request) => (request.method() === 'PUT' && /\/in\//.test(request.url()) ? request.headers()['x-amz-checksum-sha256'] : undefined);
  page.on('request', (request) => {
    const sum = of(request);
    if (sum !== undefined) seen.sent.push(sum);
  });
  page.on('response', (response) => {
    const sum = of(response.request());
    if (sum !== undefined && response.ok()) seen.received.add(sum);
  });
  return seen;
}

const sumOf = (photo: TestPhoto): string => Buffer.from(photo.sha256, 'hex').toString('base64');

/** How many files the journal on disk calls received, or more. */
const noted = (page: Page): Promise<number> =>
  page.evaluate(() => new Promise<number>((done, failed) => {
    const opened = indexedDB.open('tintype-journal');
    opened.onerror = () => failed(new Error('no journal'));
    opened.onsuccess = () => {
      const all = opened.result.transaction('items').objectStore('items').getAll();
      all.onsuccess = () => {
        opened.result.close();
        done((all.result as { state: string }[]).filter(({ state }) => state === 'received' || state === 'safe').length);
      };
    };
  }));

/** Dropped, four of them received, others on their way; then the page comes back. */
async function reloaded(page: Page, user: string, drops: readonly string[]): Promise<{ gate: Gate; first: Set<string>; puts: { sent: string[] } }> {
  const gate = await Gate.at(page, 4);
  const puts = watchPuts(page);
  await signIn(page, user);
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  await dropPaths(page, drops);
  await expect.poll(() => puts.received.size).toBe(4);
  await expect.poll(() => gate.waiting).toBe(4);
  await expect.poll(() => noted(page)).toBe(4);
  const first = new Set(puts.received);
  await page.reload();
  await expect(tray(page)).toBeVisible();
  if (await tray(page).getByRole('button', { name: 'Show the files' }).count()) await tray(page).getByRole('button', { name: 'Show the files' }).click();
  puts.sent.length = 0;
  return { gate, first, puts };
}

/**
 * The browser's own question whether the files may be read again, which no test can press: `answer` is the person's.
 * It is asked only in answer to a click, as browsers have it.
 */
const question = (page: Page, answer: PermissionState): Promise<unknown> =>
  page.addInitScript((said) => {
    let now: PermissionState = 'prompt';
    const counted = globalThis as unknown as { asked: number };
    counted.asked = 0;
    Object.assign(FileSystemHandle.prototype, {
      queryPermission: () => Promise.resolve(now),
      requestPermission: () => {
        if (!navigator.userActivation.isActive) return Promise.reject(new DOMException('no click', 'SecurityError'));
        counted.asked++;
        return Promise.resolve((now = said));
      },
    });
  }, answer);

test('while the browser still lets the page read what was dropped, a reload goes on by itself', async ({ page, user }) => {
  const photos = makePhotos(12, { seed: 351, small: true });
  const { root, drops } = written(photos);
  const { gate, first, puts } = await reloaded(page, user, drops);
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 12 photos are safe.', { timeout: 60_000 });
  expect(puts.sent.filter((sum) => first.has(sum)), 'what S3 had was not sent again').toEqual([]);
  rmSync(root, { recursive: true });
});

test('where the browser wants a word first, one click on Continue sends the rest; a file that changed or went is asked for', async ({ page, user }) => {
  await question(page, 'granted');
  const photos = makePhotos(14, { seed: 352, small: true });
  const { root, drops, pathOf } = written(photos);
  const { gate, first, puts } = await reloaded(page, user, drops);
  await expect(tray(page).getByText('10 uploads are waiting.')).toBeVisible();
  await expect(tray(page).locator('[data-state=needs_file]')).toHaveCount(10);
  gate.let();
  // Two that were not sent: one is another file by now, one is gone.
  const left = photos.map((photo, i) => ({ photo, i })).filter(({ photo, i }) => i > 0 && !first.has(sumOf(photo)));
  const [changed, gone] = left;
  if (!changed || !gone) throw new Error('none is left');
  writeFileSync(pathOf(changed.i), Buffer.concat([changed.photo.bytes, Buffer.from('and more')]));
  rmSync(pathOf(gone.i));
  await page.waitForTimeout(1500);
  expect(puts.sent, 'nothing is read or sent before the click').toEqual([]);

  await tray(page).getByRole('button', { name: 'Continue' }).click();
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(12, { timeout: 60_000 });
  expect(await page.evaluate(() => (globalThis as unknown as { asked: number }).asked), 'once for each thing that was dropped').toBe(2);
  await expect(tray(page).locator('[data-state=needs_file]')).toHaveCount(2);
  await expect(tray(page).getByText('Choose the file again')).toHaveCount(2);
  expect(puts.sent.filter((sum) => first.has(sum)), 'what S3 had was not sent again').toEqual([]);
  expect(new Set(puts.sent).size).toBe(8);

  // The one that went is back where it was: dropped again, it is sent.
  writeFileSync(pathOf(gone.i), gone.photo.bytes);
  utimesSync(pathOf(gone.i), gone.photo.modified, gone.photo.modified);
  await dropPaths(page, [pathOf(gone.i)], await tray(page).boundingBox());
  await expect(tray(page).locator('[data-state=needs_file]')).toHaveCount(1);
  await expect(tray(page).locator('[data-state=safe]')).toHaveCount(13, { timeout: 60_000 });
  rmSync(root, { recursive: true });
});

test('a word that is refused ends in the files being asked for, and a drop of the same things sends the rest', async ({ page, user }) => {
  await question(page, 'denied');
  const photos = makePhotos(10, { seed: 353, small: true });
  const { root, drops } = written(photos);
  const { gate, first, puts } = await reloaded(page, user, drops);
  gate.let();
  await tray(page).getByRole('button', { name: 'Continue' }).click();
  await expect(tray(page).getByText(/files were not finished\. Drop the same folder again/)).toBeVisible();
  await expect(tray(page).getByRole('button', { name: 'Continue' })).toHaveCount(0);
  expect(puts.sent).toEqual([]);
  await dropPaths(page, drops, await tray(page).boundingBox());
  await expect(tray(page).locator('[data-state=needs_file]')).toHaveCount(0);
  await expect(page.getByRole('link', { name: '10 photos are safe. Show the status.' })).toBeVisible({ timeout: 60_000 });
  expect(puts.sent.filter((sum) => first.has(sum)), 'what S3 had was not sent again').toEqual([]);
  rmSync(root, { recursive: true });
});
