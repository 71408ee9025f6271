// Many originals at once: into a folder, or into a zip, each compared with its checksum.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

// Two of them have one name.
const photos = makePhotos(23, { seed: 171, small: true, newest: new Date('2026-05-20T12:00:00Z'), days: 9 }).map((photo, i) => (i < 2 ? { ...photo, name: 'same.jpg' } : photo));

async function open(page: Page, stack: Parameters<typeof Api.of>[0], user: string): Promise<void> {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]').first()).toBeVisible();
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByRole('banner', { name: 'Selection' }).getByText('23 selected')).toBeVisible();
}
const press = (page: Page) => page.getByRole('banner', { name: 'Selection' }).getByRole('button', { name: 'Download' }).click();

test('into a folder: every byte of every photo, nothing written over, and what is not what was stored is named', async ({ page, user, stack }) => {
  // The person's choice in the browser's own dialog, which no test can press: a folder of the browser's.
  await page.addInitScript(() => Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() }));
  await open(page, stack, user);
  const bad = photos[7]?.sha256 ?? '';
  let spoil = true;
  await page.route(new RegExp(`/originals/.*${bad}`), (route) => (spoil ? route.fulfill({ body: 'other bytes', headers: { 'access-control-allow-origin': '*' } }) : route.continue()));
  await press(page);
  const alert = page.getByRole('alert').filter({ hasText: `22 photos saved. Not saved, other bytes than were stored: ${photos[7]?.name ?? ''}.` });
  await expect(alert).toBeVisible();
  spoil = false;
  await alert.getByRole('button', { name: 'Retry' }).click();
  const saved = () =>
    page.evaluate(async () => {
      const folder = (await navigator.storage.getDirectory()) as unknown as { entries(): AsyncIterable<[string, FileSystemFileHandle]> };
      const found: [string, string][] = [];
      for await (const [name, file] of folder.entries()) {
        const sum = await crypto.subtle.digest('SHA-256', await (await file.getFile()).arrayBuffer());
        found.push([name, Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('')]);
      }
      return found;
    });
  // One alone is a download like any other; it is not part of the folder.
  await expect.poll(async () => (await saved()).length).toBe(22);
  const found = await saved();
  expect(found.map(([, sum]) => sum).sort()).toEqual(photos.map((photo) => photo.sha256).filter((sum) => sum !== bad).sort());
  expect(found.map(([name]) => name)).toEqual(expect.arrayContaining(['same.jpg', 'same (2).jpg']));

  // Again into the same folder: what is there stays as it is.
  await press(page);
  await expect(page.getByText('23 photos saved, all checked')).toBeVisible();
  expect(await saved()).toHaveLength(45);
});

test('without a folder to write to, into a zip', async ({ page, user, stack }) => {
  await page.addInitScript(() => Object.assign(window, { showDirectoryPicker: undefined }));
  await open(page, stack, user);
  const download = page.waitForEvent('download');
  await press(page);
  const zip = await download;
  expect(zip.suggestedFilename()).toBe('tintype.zip');
  const bytes = readFileSync(await zip.path());
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
  for (const photo of photos) expect(bytes.includes(photo.bytes), photo.name).toBe(true);
  await expect(page.getByText('23 photos saved, all checked')).toBeVisible();
});

test('of many, what is lost, what is wrong and what could not be fetched are told apart, and Retry takes what may come', async ({ page, user, stack, watch }) => {
  watch.allow(404, /\/originals\//);
  watch.allow(500, /\/originals\//);
  await page.addInitScript(() => Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() }));
  await open(page, stack, user);
  const cors = { 'access-control-allow-origin': '*' };
  const fates = [{ status: 404, body: '<Error/>' }, { status: 200, body: 'other bytes' }, { status: 500, body: '<Error/>' }];
  let ill = 3;
  for (const [i, fate] of fates.entries())
    await page.route(new RegExp(`/originals/.*${photos[5 + i]?.sha256 ?? ''}`), (route) => (i < ill ? route.fulfill({ ...fate, headers: cors }) : route.continue()));
  const [lost, wrong, torn] = [photos[5]?.name ?? '', photos[6]?.name ?? '', photos[7]?.name ?? ''];
  await press(page);
  const alert = page.getByRole('alert').filter({ hasText: 'saved.' });
  await expect(alert).toContainText(`20 photos saved. Missing in the vault: ${lost}. Not saved, other bytes than were stored: ${wrong}. Not fetched: ${torn}.`);
  // What may come is two: each saved by itself, as so few are; what is lost is not asked for again.
  ill = 1;
  const saved: string[] = [];
  page.on('download', (download) => saved.push(download.suggestedFilename()));
  await alert.getByRole('button', { name: 'Retry' }).click();
  await expect.poll(() => [...saved].sort()).toEqual([wrong, torn].sort());
  // Nothing but a lost one: what to do about it is a page.
  await press(page);
  await expect(alert).toContainText(`22 photos saved. Missing in the vault: ${lost}.`);
  const help = page.context().waitForEvent('page');
  await alert.getByRole('button', { name: 'What to do' }).click();
  await expect.poll(async () => (await help).url()).toContain('/RESTORE.txt');
});
