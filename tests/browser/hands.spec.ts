// What hands do without thinking: two clicks for one, a key before anything has the focus, Undo.
import { Api } from './api.ts';
import { expect, signIn, still, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

test('a double click opens a photo once, and Escape leads back to a page that is alive', async ({ page, user, stack }) => {
  const photos = makePhotos(4, { seed: 251 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(4);
  await page.locator('[data-id]').nth(1).dblclick();
  await expect(page.getByRole('dialog')).toBeVisible();
  await still(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page).toHaveURL(/\/$/);
  expect(await page.locator('#app').evaluate((app: HTMLElement) => app.inert)).toBe(false);
  await expect(page.locator('[data-id]').nth(1)).toBeFocused();
});

test('keys scroll before anything has the focus', async ({ page, user, stack }) => {
  const photos = makePhotos(60, { seed: 252, small: true });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await page.setViewportSize({ width: 900, height: 500 });
  const top = () => page.locator('.timeline').evaluate((box) => box.scrollTop);
  for (const key of ['PageDown', 'Space', 'End']) {
    if (key === 'PageDown') await signIn(page, user);
    else {
      // Not back to where the view was.
      await page.evaluate(() => history.replaceState(null, '', '/'));
      await page.goto('/');
    }
    await expect(page.locator('[data-id]').first()).toBeVisible();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
    expect(await top()).toBe(0);
    await page.keyboard.press(key);
    await expect.poll(top, { message: key }).toBeGreaterThan(50);
    await expect(page.getByText(/\d selected/)).toHaveCount(0);
  }
});

test('after Undo the photo that came back has the focus', async ({ page, user, stack }) => {
  const photos = makePhotos(4, { seed: 253 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(4);
  const tile = page.locator('[data-id]').nth(2);
  const id = (await tile.getAttribute('data-id')) ?? '';
  await tile.focus();
  await page.keyboard.press('Delete');
  await expect(page.locator('[data-id]')).toHaveCount(3);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator(`[data-id="${id}"]`)).toBeFocused();
});

test('the trash never says of a photo that it is there when it is not', async ({ page, user, stack }) => {
  const photos = makePhotos(2, { seed: 254 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const id = photos[0]?.sha256 ?? '';
  await signIn(page, user);
  await page.goto(`/trash/${id}`);
  await expect(page).toHaveURL(new RegExp(`/photo/${id}$`));
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Restore' })).toHaveCount(0);
});
