// An original that is lost or damaged in the vault: the page says so wherever it would have said that the photo is safe,
// names it, and takes the file again.
import { execFile } from 'node:child_process';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, still, test } from './fixtures.ts';
import { makePhotos, sha256 } from './jpeg.ts';
import { binary, type Stack } from './stack.ts';
import { drop, tray } from './tray.ts';

/** The file below a folder of the vault that holds the bytes. */
function contentBelow(folder: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)).find((path) => path.endsWith('content') && statSync(path).isFile());
  if (!found) throw new Error(`nothing below ${folder}`);
  return found;
}

/** As an owner does it, beside the running Tintype; the exit code, and what it said. */
async function byHand(stack: Stack, ...args: string[]): Promise<{ code: number; said: string }> {
  try {
    return { code: 0, said: (await promisify(execFile)(binary, [...args, '--data-dir', stack.addresses.data_dir])).stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, said: stdout };
  }
}

test('a lost and a damaged original: said on tile, viewer, selection and status, not downloaded in silence, sent again, repaired', async ({ page, user, stack, watch }) => {
  watch.allow(404, /\/originals\//);
  const photos = makePhotos(5, { seed: 301, days: 1 });
  const [lost, damaged] = [photos[0], photos[1]];
  if (!lost || !damaged) throw new Error('no photos');
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const { user_id: id } = await api.call<{ user_id: string }>('GET', '/me');
  const originals = join(stack.addresses.data_dir, 's3/buckets/tintype-vault/originals', id);
  rmSync(join(originals, lost.sha256), { recursive: true });
  writeFileSync(contentBelow(join(originals, damaged.sha256)), Buffer.from(damaged.bytes).fill(7, 100, 200));
  const audit = await byHand(stack, 'audit', '--every-byte');
  expect(audit.code, audit.said).toBe(1);
  expect(audit.said).toContain(`${lost.sha256}: lost`);

  await signIn(page, user);
  await expect(page.getByRole('link', { name: 'The last check found 2 that need attention. Show the status.' })).toBeVisible();
  const tile = (photo: { sha256: string }) => page.locator(`[data-id="${photo.sha256}"]`);
  await expect(tile(lost)).toHaveAccessibleName(/original not found by the last check/);
  await expect(tile(photos[2] ?? lost)).not.toHaveAccessibleName(/not found/);
  await expect(page.locator('.tile .doubt')).toHaveCount(2);
  await expectAccessible(page, 'the timeline');

  // Selected, it is said before anything is done about them.
  await tile(lost).click({ modifiers: ['Control'] });
  await tile(photos[2] ?? lost).click({ modifiers: ['Control'] });
  const bar = page.getByRole('banner', { name: 'Selection' });
  await expect(bar.getByText('1 original not found by the last check')).toBeVisible();
  await page.keyboard.press('Escape');

  // The viewer has no shield for it, and says what to do.
  await tile(lost).click();
  const viewer = page.getByRole('dialog');
  await viewer.getByRole('button', { name: 'Not safe' }).click();
  await expect(viewer.getByText('The last check did not find this photo’s original.')).toBeVisible();
  await expect(viewer.getByText(/Safe since/)).toHaveCount(0);
  await still(page);
  await expectAccessible(page, 'the viewer');
  const help = viewer.getByRole('link', { name: 'What to do' });
  const text = await (await page.request.get((await help.getAttribute('href')) ?? '')).text();
  expect(text).toContain('When something is lost');

  // A download stays in the page.
  await page.keyboard.press('d');
  await expect(page.getByRole('alert').filter({ hasText: `The original of ${lost.name} is missing in the vault.` })).toBeVisible();
  expect(page.url()).toContain('/photo/');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await tile(damaged).click();
  await page.keyboard.press('d');
  const wrong = page.getByRole('alert').filter({ hasText: `${damaged.name} came back with other bytes than were stored.` });
  await expect(wrong).toBeVisible();
  const saved = page.waitForEvent('download');
  await wrong.getByRole('button', { name: 'Save all the same' }).click();
  expect((await saved).suggestedFilename()).toBe(damaged.name);
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);

  // The status names kinds and photos, and leads to them.
  await page.getByRole('link', { name: /Show the status/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('5 photos, 2 need attention');
  await expect(page.getByText('1 original is missing')).toBeVisible();
  await expect(page.getByText('1 original has other bytes')).toBeVisible();
  await expect(page.getByRole('main').getByRole('link', { name: 'What to do' })).toBeVisible();
  await expectAccessible(page, 'the status');
  await page.getByRole('link', { name: lost.name }).click();
  await expect(page).toHaveURL(new RegExp(`/photo/${lost.sha256}$`));
  await expect(viewer).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');

  // Dropped again they are taken, wait, and say for what.
  await drop(page, [lost, damaged]);
  await expect(tray(page).getByText('Received. Waits for a repair')).toHaveCount(2, { timeout: 60_000 });
  const repaired = await byHand(stack, 'audit', '--every-byte');
  expect(repaired.code).toBe(1);
  const repair = await byHand(stack, 'repair');
  expect(repair.said).toContain('2 repaired');
  await expect(tray(page).getByRole('heading')).toHaveText('All 2 photos are safe.', { timeout: 90_000 });

  // What is left beside the repaired one is a note.
  const again = await byHand(stack, 'audit', '--every-byte');
  expect(again.code, again.said).toBe(0);
  expect(again.said).toContain('left over beside photos that are whole');
  await page.reload();
  await expect(page.getByRole('link', { name: '5 photos are safe. Show the status.' })).toBeVisible();
  await expect(page.locator('.tile .doubt')).toHaveCount(0);
  await tile(lost).click();
  const download = page.waitForEvent('download');
  await page.keyboard.press('d');
  const bytes = await (await download).createReadStream();
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part as Buffer);
  expect(sha256(Buffer.concat(parts))).toBe(lost.sha256);
});
