// What the tray says while files are found, and of files that are there twice.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, dropPaths, tray } from './tray.ts';

test('80 copies of one file are sent once, and are all safe as soon as it is', async ({ page, user }) => {
  const [photo] = makePhotos(1, { seed: 641, small: true });
  if (!photo) throw new Error('no photo');
  await signIn(page, user);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') asked.push('put');
    if (request.url().endsWith('/photos/lookup')) asked.push('lookup');
  });
  await drop(page, Array.from({ length: 80 }, (_, i) => ({ ...photo, name: `copy-${i}.jpg` })));
  await expect(tray(page).getByRole('heading')).toHaveText('All 80 photos are safe.', { timeout: 60_000 });
  await expect(tray(page).getByText('79 already safe')).toBeVisible();
  expect(asked.filter((one) => one === 'put')).toHaveLength(1);
  expect(asked.filter((one) => one === 'lookup').length, 'not one for each copy').toBeLessThan(12);
});

test('no percent is said while folders are still walked', async ({ page, user }) => {
  const root = mkdtempSync(join(tmpdir(), 'tintype-walked-'));
  const photos = makePhotos(40, { seed: 642, small: true });
  photos.forEach((photo, i) => {
    // Some at the top, and the others in folders that come after them.
    const folder = i < 10 ? join(root, 'all') : join(root, 'all', `then-${Math.floor(i / 5)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, photo.name), photo.bytes);
  });
  // Folders that answer slowly, as a network drive does.
  await page.addInitScript(() => {
    const { webkitGetAsEntry } = DataTransferItem.prototype;
    let slow = false;
    DataTransferItem.prototype.webkitGetAsEntry = function () {
      const entry = webkitGetAsEntry.call(this);
      if (!slow && entry?.isDirectory) {
        slow = true;
        const reader = Object.getPrototypeOf((entry as FileSystemDirectoryEntry).createReader()) as FileSystemDirectoryReader;
        const { readEntries } = reader;
        reader.readEntries = function (done, failed) {
          setTimeout(() => readEntries.call(this, done, failed), 400);
        };
      }
      return entry;
    };
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver(() => {
      const tray = document.querySelector('.tray');
      if (!tray) return;
      const meter = tray.querySelector('[role=progressbar]');
      said.push([tray.querySelector('h2')?.textContent ?? '', tray.querySelector('.figures')?.textContent ?? '', meter?.getAttribute('aria-valuenow') ?? '-', meter?.getAttribute('aria-valuetext') ?? ''].join('|'));
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await signIn(page, user);
  await dropPaths(page, [join(root, 'all')]);
  await expect(tray(page).getByRole('heading')).toHaveText('All 40 photos are safe.', { timeout: 60_000 });
  await expect(tray(page)).toContainText('100 %');
  const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
  const walked = said.filter((one) => one.startsWith('Looking…'));
  expect(walked.length).toBeGreaterThan(3);
  expect(walked.filter((one) => one.includes('%') || !one.includes('|-|') || /percent/.test(one))).toEqual([]);
  expect(walked.some((one) => /sent so far/.test(one))).toBe(true);
  // And from then on it only grows.
  const percents = said.filter((one) => !one.startsWith('Looking…')).flatMap((one) => /\|(\d+) %/.exec(one)?.[1] ?? []).map(Number);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  rmSync(root, { recursive: true });
});
