// Issue 2, "Must be shown" 2: the main job, by a person with a browser.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos, sha256 } from './jpeg.ts';
import { photosFolder } from './stack.ts';

/** Real photos, where the folder of them is there: small ones, so that the test stays quick. */
function realPhotos(): { name: string; bytes: Buffer }[] {
  const folders = ['orientation', 'cameras/jpg'].map((name) => join(photosFolder, name)).filter(existsSync);
  return folders
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && /\.jpe?g$/i.test(entry.name)).map((entry) => join(folder, entry.name)))
    .map((path) => ({ name: basename(path), bytes: readFileSync(path) }))
    .filter(({ bytes }) => bytes.length < 4_000_000);
}

test('signs in, backs photos up, watches them become safe, scrolls to the end, opens one, downloads the very same bytes', async ({ page, user, stack }) => {
  test.setTimeout(600_000);
  // A library that was there before: several pages of it.
  const earlier = makePhotos(720, { seed: 7, small: true, newest: new Date('2025-08-30T12:00:00Z'), days: 900 });
  const api = await Api.of(stack, user);
  await api.upload(earlier);
  await api.settled(earlier);

  await signIn(page, user);
  const made = makePhotos(12);
  const chosen = [...made.map(({ name, bytes }) => ({ name, bytes })), ...realPhotos()];
  const different = new Set(chosen.map(({ bytes }) => sha256(bytes))).size;
  test.info().annotations.push({ type: 'files', description: `${chosen.length} files, ${different} different` });

  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload', exact: true }).first().click();
  await page.getByRole('menuitem', { name: 'Photos…' }).click();
  await (await chooser).setFiles(chosen.map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: bytes })));

  const tray = page.getByRole('complementary', { name: 'Uploads' });
  await expect(tray).toBeVisible();
  await expect(tray.getByRole('heading')).toHaveText(`All ${chosen.length} photos are safe.`, { timeout: 240_000 });
  const { photos: known } = await api.call<{ photos: { safe: boolean }[] }>('POST', '/photos/lookup', { photo_ids: chosen.map(({ bytes }) => sha256(bytes)) });
  expect(known.every((one) => one.safe), 'the page says safe only of what the vault holds').toBe(true);
  await tray.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('link', { name: `${earlier.length + different} photos are safe. Show the status.` })).toBeVisible();

  // To the end, by the wheel; what was seen on the way is remembered.
  await api.settled(chosen.map(({ bytes }) => ({ sha256: sha256(bytes) })));
  await page.reload();
  await expect(page.locator('[data-id]').first()).toBeVisible();
  const listings: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/photos') listings.push(request.url());
  });
  const seen = new Set<string>();
  const end = page.getByText(/^That is everything: /);
  await page.mouse.move(600, 500);
  for (let i = 0; i < 600; i++) {
    for (const id of await page.locator('[data-id]').evaluateAll((tiles) => tiles.map((tile) => (tile as HTMLElement).dataset.id ?? ''))) seen.add(id);
    if (await end.isVisible() && (await page.locator('.timeline').evaluate((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 2))) break;
    await page.mouse.wheel(0, 600);
    // Moved, and loaded what is in view now.
    await page.waitForFunction(async () => {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const skeletons = [...document.querySelectorAll('.timeline .skeleton')].filter((one) => one.getBoundingClientRect().top < innerHeight && one.getBoundingClientRect().bottom > 0);
      return document.querySelector('.feed')?.getAttribute('aria-busy') === 'false' && skeletons.length === 0;
    });
  }
  const truth = await api.list();
  expect(truth).toHaveLength(earlier.length + different);
  expect([...seen].sort()).toEqual(truth.map((photo) => photo.photo_id).sort());
  await expect(end).toHaveCount(1);
  await expect(end).toContainText(`${truth.length} photos`);
  const asked = listings.length;
  await page.mouse.wheel(0, -300);
  await page.mouse.wheel(0, 2000);
  await page.waitForTimeout(800);
  expect(listings.length, 'the end is the end: nothing more is asked for').toBe(asked);

  // Opens one of the real ones, or of ours, and gets the file back.
  await page.keyboard.press('Control+Home');
  await page.locator('.timeline').evaluate((element) => element.scrollTo(0, 0));
  const wanted = chosen[chosen.length - 1];
  const id = sha256(wanted?.bytes ?? Buffer.alloc(0));
  await page.goto(`/photo/${id}`);
  const viewer = page.getByRole('dialog');
  await expect(viewer).toBeVisible();
  await expect(viewer.getByText('Safe', { exact: true })).toBeVisible();
  const download = page.waitForEvent('download');
  await viewer.getByRole('button', { name: 'Download original' }).first().click();
  const saved = await download;
  expect(createHash('sha256').update(readFileSync(await saved.path())).digest('hex')).toBe(id);
  expect(saved.suggestedFilename()).toBe(wanted?.name);

  // The info panel says the same number.
  await page.keyboard.press('i');
  await expect(page.getByRole('region', { name: 'Info' })).toContainText(id.slice(0, 8));
  await expect(page.getByRole('region', { name: 'Info' })).toContainText('Stored bytes matched size and SHA-256.');
});
