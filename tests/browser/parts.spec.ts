// Parts of the page that do not come when they are needed.
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, tray } from './tray.ts';
import type { BrowserContext, Page } from '@playwright/test';

const note = (page: Page) => page.getByRole('alert').filter({ hasText: 'A part of the page could not be loaded.' });

/** Until it is let through. */
async function hold(context: BrowserContext, part: string): Promise<() => Promise<void>> {
  await context.route(`**/assets/${part}-*`, (route) => route.abort());
  return () => context.unroute(`**/assets/${part}-*`);
}

test('files dropped while their code cannot come wait for it, and the page says so', async ({ page, user, context }) => {
  const free = await hold(context, 'uploader.svelte');
  await signIn(page, user);
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  await drop(page, makePhotos(3, { seed: 611, small: true }));
  await expect(note(page)).toBeVisible();
  await expectAccessible(page, 'a part that did not come');
  await note(page).getByRole('button', { name: 'Try again' }).click();
  await expect(note(page)).toBeVisible();
  await free();
  await note(page).getByRole('button', { name: 'Try again' }).click();
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
  await expect(note(page)).toHaveCount(0);
});

test('a viewer, a list of shortcuts, keys and a bar that did not come are said, and come when asked again', async ({ page, user, context, stack }) => {
  const photos = makePhotos(4, { seed: 612, small: true });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const held = await Promise.all(['host', 'Shortcuts', 'SelectionBar'].map((part) => hold(context, part)));
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(4);
  const again = async () => {
    await expect(note(page)).toBeVisible();
    await held.shift()?.();
    await note(page).getByRole('button', { name: 'Try again' }).click();
  };
  await page.locator('[data-id]').first().click();
  await again();
  await expect(page.getByRole('dialog', { name: /^Photo/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('?');
  await again();
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.locator('[data-id]').first().focus();
  await page.keyboard.press('Space');
  await again();
  await expect(page.getByText('1 selected')).toBeVisible();
  await expect(note(page)).toHaveCount(0);
});
