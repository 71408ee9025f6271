// A listing ends when the server says so, and not before; and what the timeline is to those who do not see it.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const photos = makePhotos(23, { seed: 131, small: true, newest: new Date('2026-09-20T12:00:00Z'), days: 60 });

test('short pages and an empty one are gone on from; each photo once, and nothing is asked after the end', async ({ page, user, stack }) => {
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  let asked = 0, empty = 0;
  const got: string[] = [];
  await page.route('**/api/photos?*', async (route) => {
    asked++;
    const url = new URL(route.request().url());
    const cursor = url.searchParams.get('cursor');
    // As a database does that found nothing in the part that it looked at.
    if (cursor && empty++ === 0) return route.fulfill({ json: { photos: [], next_cursor: cursor } });
    url.searchParams.set('limit', '4');
    const answer = await route.fetch({ url: url.href });
    const listed = (await answer.json()) as { photos: { photo_id: string }[] };
    got.push(...listed.photos.map((photo) => photo.photo_id));
    return route.fulfill({ response: answer });
  });
  await signIn(page, user);
  const end = page.getByText(/^That is everything: 23 photos/);
  await expect(async () => {
    await page.locator('.timeline').evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect(end).toBeVisible({ timeout: 1000 });
  }).toPass();
  expect(empty).toBeGreaterThan(0);
  // An answer that scrolling took back is asked for again: so, what came, and what is shown of it, once each.
  expect([...new Set(got)].sort()).toEqual(photos.map((photo) => photo.sha256).sort());
  const shown = await page.locator('[data-id]').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-id')));
  expect(new Set(shown).size).toBe(shown.length);
  const before = asked;
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, -600);
  await page.mouse.wheel(0, 3000);
  await page.waitForTimeout(1000);
  expect(asked, 'the end is the end').toBe(before);
  await expect(end).toHaveCount(1);
});

test('to a screen reader the timeline is a feed of days, each a list of photos', async ({ page, user, stack }) => {
  const some = photos.slice(0, 3);
  const api = await Api.of(stack, user);
  await api.upload(some);
  await api.settled(some);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(3);
  await expect(page.getByRole('feed')).toMatchAriaSnapshot(`
    - feed "Photos":
      - article "Sunday 20 September":
        - heading "Sunday 20 September" [level=2]
        - checkbox "Select Sunday 20 September, 1 photo"
        - list:
          - listitem:
            - link /Photo, 20 September 2026, \\d+:\\d+/
      - article:
        - heading [level=2]
        - list:
          - listitem:
            - link /Photo, \\d+ September 2026, \\d+:\\d+/
  `);
});
