// A catalog that was lost and made anew from the vault.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, still, test as base } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { binary, Stack } from './stack.ts';

const USER = 'rebuilt';
const photos = makePhotos(3, { seed: 302, days: 1, small: true });

/** A Tintype whose catalog was taken away while it was stopped. */
const test = base.extend<object, { stack: Stack }>({
  stack: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), 'tintype-rebuilt-'));
      const first = await Stack.start(['--data-dir', data]);
      const api = await Api.of(first, USER);
      await api.upload(photos);
      await api.settled(photos);
      await first.stop();
      for (const name of readdirSync(data)) if (name.startsWith('catalog.sqlite')) rmSync(join(data, name));
      const stack = await Stack.start(['--data-dir', data]);
      await use(stack);
      await stack.stop();
      rmSync(data, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

const byHand = (stack: Stack, ...args: string[]) => promisify(execFile)(binary, [...args, '--data-dir', stack.addresses.data_dir]);

test('between a rebuild of the catalog and its audit nothing is called safe, and nothing is said of a check that was not made', async ({ page, stack }) => {
  await byHand(stack, 'rebuild');
  await signIn(page, USER);
  const chip = page.getByRole('link', { name: '3 photos, not checked yet. Show the status.' });
  await expect(chip).toContainText('Not all checked');
  const tile = page.locator('[data-id]').first();
  await expect(tile).toHaveAccessibleName(/original not checked yet/);
  await tile.click({ modifiers: ['Control'] });
  await expect(page.getByRole('banner', { name: 'Selection' }).getByText('1 original not checked yet')).toBeVisible();
  await page.keyboard.press('Escape');
  await tile.click();
  const viewer = page.getByRole('dialog');
  await viewer.getByRole('button', { name: 'Not checked' }).click();
  await expect(viewer.getByText('Nobody has checked this photo’s original yet.')).toBeVisible();
  await expect(viewer).not.toContainText(/last check|Safe since/);
  await still(page);
  await expectAccessible(page, 'the viewer');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await chip.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('3 photos, not checked yet');
  await expect(page.getByText('Every original is in the vault')).toHaveCount(0);
  await expectAccessible(page, 'the status');

  await byHand(stack, 'audit', '--every-byte');
  await page.goto('/');
  await expect(page.getByRole('link', { name: '3 photos are safe. Show the status.' })).toBeVisible();
  await expect(page.locator('.tile .doubt')).toHaveCount(0);
});
