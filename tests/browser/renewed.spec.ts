// A photo that is looked at while its preview is being made.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

test('a photo that waits for its preview in the viewer is shown there as soon as it is made', async ({ page, user, stack }) => {
  const photos = makePhotos(4, { seed: 441, newest: new Date('2026-10-20T12:00:00Z'), days: 3 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const newest = (await api.list())[0]?.photo_id ?? '';
  // The server's own answers, but for this photo as they were a moment earlier.
  let made = false;
  await page.route(/\/api\/photos(\?|\/lookup)/, async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { photos: { photo_id: string; preview?: string }[] };
    if (!made) for (const one of body.photos) if (one.photo_id === newest) one.preview = 'pending';
    await route.fulfill({ response, json: body });
  });
  await signIn(page, user, `/photo/${newest}`);
  const viewer = page.getByRole('dialog');
  await expect(page.locator(`[data-id="${newest}"] .soon`)).toBeAttached();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(new RegExp(newest));
  made = true;
  await expect(page.locator(`[data-id="${newest}"] img.there`)).toBeAttached({ timeout: 60_000 });
  await expect(viewer.locator(`img[src*="${newest}"]`).first()).toBeVisible();
  await expect(viewer.getByText('Preview in a moment')).toHaveCount(0);
});
