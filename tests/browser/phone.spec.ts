// A phone: nothing can be dropped on it, and there is little room.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

for (const viewport of [{ width: 390, height: 844 }, { width: 820, height: 1180 }])
  test.describe(`touch, ${viewport.width} px`, () => {
    test.use({ viewport, hasTouch: true, isMobile: true });

    test('nobody is asked to drop or to choose a folder, and a status without photos has no empty bar', async ({ page, user }) => {
      await signIn(page, user);
      await expect(page.getByRole('heading', { name: 'Back up your photos' })).toBeVisible();
      await expect(page.getByRole('main')).not.toContainText(/drop|folder/i);
      await page.goto('/status');
      await expect(page.getByText('Choose photos to see which of them are safe')).toBeVisible();
      await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
      await expect(page.getByRole('main')).not.toContainText(/drop|choose a folder/i);
      await expect(page.getByText('0 B', { exact: true })).toBeVisible();
      await expect(page.locator('.storage')).toHaveCount(0);
    });
  });

test('“SHA-256” is never torn apart at the end of a line', async ({ page, user, stack }) => {
  const photos = makePhotos(1, { seed: 631, small: true });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user, `/photo/${photos[0]?.sha256}`);
  await page.getByRole('button', { name: 'Info' }).click();
  const receipt = page.getByText('Stored bytes matched size and SHA-256.');
  await expect(receipt).toBeVisible();
  for (let width = 320; width <= 420; width += 10) {
    await page.setViewportSize({ width, height: 800 });
    expect(await receipt.locator('.whole').evaluate((word) => word.getClientRects().length), `${width} px`).toBe(1);
  }
});
