import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, expectAccessible, signIn, test } from './fixtures.ts';
import { makePhotos, sha256, type TestPhoto } from './jpeg.ts';

const photos = makePhotos(9, { seed: 21, newest: new Date('2026-10-20T12:00:00Z'), days: 60 });
let order: string[];

const viewer = (page: Page) => page.getByRole('dialog');
const idOf = (page: Page) => new URL(page.url()).pathname.split('/').pop();

test.beforeEach(async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  order = (await api.list()).map((photo) => photo.photo_id);
  await signIn(page, user);
  await expect(page.locator('[data-id]').first()).toBeVisible();
});

test('opens, leafs, and Back closes in one step, with the focus on the photo shown last', async ({ page }) => {
  await page.locator(`[data-id="${order[1]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/photo/${order[1]}$`));
  for (const next of [2, 3, 4]) {
    await page.keyboard.press('ArrowRight');
    await expect(page).toHaveURL(new RegExp(`/photo/${order[next]}$`));
  }
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(new RegExp(`/photo/${order[3]}$`));
  await page.goBack();
  await expect(viewer(page)).toHaveCount(0);
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator(`[data-id="${order[3]}"]`)).toBeFocused();
  await page.goForward();
  await expect(viewer(page)).toBeVisible();
});

test('does not wrap at either end', async ({ page }) => {
  await page.locator(`[data-id="${order[0]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  await expect(viewer(page).getByRole('button', { name: 'Newer photo' })).toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('End');
  await expect(page).toHaveURL(new RegExp(`/photo/${order[8]}$`));
  await expect(viewer(page).getByRole('button', { name: 'Older photo' })).toHaveCount(0);
});

test('a link to a photo opens it over its place in the timeline', async ({ page }) => {
  await page.goto(`/photo/${order[5]}`);
  await expect(viewer(page)).toBeVisible();
  // Its neighbours come when the timeline has them.
  await expect(viewer(page).getByRole('button', { name: 'Newer photo' })).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(new RegExp(`/photo/${order[4]}$`));
  await page.keyboard.press('Escape');
  await expect(viewer(page)).toHaveCount(0);
  await expect(page.locator(`[data-id="${order[4]}"]`)).toBeFocused();
});

test('a link to a photo that is nobody’s, or somebody else’s, says the same', async ({ page, stack, watch }) => {
  watch.allow(404, /^\/api\/photos\//);
  const theirs = makePhotos(1, { seed: 99, small: true });
  const other = await Api.of(stack, 'grace');
  await other.upload(theirs);
  await other.settled(theirs);
  for (const id of [theirs[0]?.sha256, '0'.repeat(64)]) {
    await page.goto(`/photo/${id}`);
    await expect(page.getByRole('heading', { name: 'This photo does not exist, or is not yours.' })).toBeVisible();
  }
  await page.getByRole('link', { name: 'Go to your photos' }).click();
  await expect(page.locator('[data-id]').first()).toBeVisible();
});

test('keys: info, its receipt, download, zoom, and Escape in order', async ({ page }) => {
  await page.locator(`[data-id="${order[2]}"]`).click();
  await page.keyboard.press('i');
  const panel = page.getByRole('region', { name: 'Info' });
  await expect(panel).toContainText('from the file’s modification time');
  await expect(panel).toContainText(/Safe since \d/);
  await expect(panel.locator('code')).toHaveText((order[2]?.match(/.{8}/g) ?? []).join(''));
  await expectAccessible(page);

  const receipt = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download receipt' }).click();
  const proof = JSON.parse(readFileSync(await (await receipt).path(), 'utf8')) as { sha256: string };
  expect(proof.sha256).toBe(order[2]);

  const original = page.waitForEvent('download');
  await page.keyboard.press('d');
  const saved = await original;
  expect(sha256(readFileSync(await saved.path()))).toBe(order[2]);
  expect(saved.suggestedFilename()).toBe(photos.find((photo: TestPhoto) => photo.sha256 === order[2])?.name);

  // With the panel open there is less room than the picture has pixels.
  await page.setViewportSize({ width: 1000, height: 700 });
  // Until the viewer has taken note of its new size there is nothing to zoom into.
  await expect(async () => {
    await page.keyboard.press('z');
    await expect(viewer(page)).toHaveClass(/pswp--zoomed-in/, { timeout: 2000 });
  }).toPass();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(viewer(page)).toHaveClass(/pswp--zoomed-in/);
  await page.keyboard.press('Escape');
  await expect(viewer(page)).not.toHaveClass(/pswp--zoomed-in/);
  await page.keyboard.press('Escape');
  await expect(viewer(page)).toHaveCount(0);
});

test('Delete moves to the trash and goes on; Undo brings it back', async ({ page }) => {
  await page.locator(`[data-id="${order[3]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page).toHaveURL(new RegExp(`/photo/${order[4]}$`));
  await expect(page.getByText('1 photo moved to trash')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(page).toHaveURL(new RegExp(`/photo/${order[3]}$`));
  expect(idOf(page)).toBe(order[3]);
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-id]')).toHaveCount(9);
});

test('Escape and Back count while it is still opening', async ({ page }) => {
  for (const leave of [() => page.keyboard.press('Escape'), () => page.goBack()]) {
    await page.locator(`[data-id="${order[1]}"]`).click();
    await expect(page).toHaveURL(new RegExp(`/photo/${order[1]}$`));
    await leave();
    await expect(viewer(page)).toHaveCount(0);
    await expect(page).toHaveURL(/\/$/);
    // Nothing is left behind that keeps the page from being used.
    await expect(page.locator('#app')).not.toHaveAttribute('inert');
  }
});

test('a key that comes while the viewer closes is for the timeline', async ({ page }) => {
  // Going back takes a moment in any browser, and longer where the machine is busy.
  await page.evaluate(() => {
    const back = history.back.bind(history);
    history.back = () => void setTimeout(back, 1500);
  });
  await page.locator(`[data-id="${order[1]}"]`).click();
  await expect(viewer(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(viewer(page)).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`/photo/${order[1]}$`));
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('u');
  await chooser;
  await expect(page).toHaveURL(/\/$/);
  await expect(page.locator('#app')).not.toHaveAttribute('inert');
});
