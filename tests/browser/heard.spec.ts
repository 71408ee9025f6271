// What the page is to those who hear it, and to those who read by headings and keys.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

test('each day is a heading of its own words, its photos stand below it, and each says day and time', async ({ page, user, stack }) => {
  const photos = makePhotos(6, { seed: 621, small: true, newest: new Date('2024-05-14T12:00:00Z'), days: 3 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(6);
  const days = [...new Set((await api.list()).map((photo) => photo.taken.slice(0, 10)))];
  const headings = page.getByRole('feed').getByRole('heading', { level: 2 });
  const title = (day: string) => new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`)).replace(',', '');
  // The name of the heading is the day, and not what its circle does.
  for (const [i, day] of days.entries()) await expect(headings.nth(i)).toHaveAccessibleName(title(day));
  await expect(headings).toHaveCount(days.length);
  for (const day of days) {
    const article = page.getByRole('article', { name: title(day), exact: true });
    await expect(article.getByRole('heading', { name: title(day), exact: true })).toHaveCount(1);
    await expect(article.getByRole('checkbox', { name: `Select ${title(day)}` })).toHaveCount(1);
    const names = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
    for (const link of await article.getByRole('link').all()) await expect(link).toHaveAccessibleName(new RegExp(`^Photo, ${names}, \\d\\d:\\d\\d`));
  }
});

test.describe('a low window', () => {
  test.use({ viewport: { width: 900, height: 420 } });

  test('the list of shortcuts opens at its beginning, is scrolled by keys, and gives the focus back', async ({ page, user }) => {
    await signIn(page, user);
    await page.getByRole('button', { name: 'Choose photos' }).focus();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(dialog.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeFocused();
    await expect(dialog.getByRole('heading', { name: 'Keyboard shortcuts' })).toBeInViewport();
    expect(await dialog.evaluate((box) => box.scrollTop)).toBe(0);
    await page.keyboard.press('End');
    await expect.poll(() => dialog.evaluate((box) => box.scrollTop)).toBeGreaterThan(100);
    await page.keyboard.press('Tab');
    await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Choose photos' })).toBeFocused();
  });
});
