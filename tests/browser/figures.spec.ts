// The figures of the status against what was really uploaded, reckoned here from the files themselves.
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { choose, tray } from './tray.ts';

/** As disks and S3 count. */
const size = (n: number): string => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.round(n / 1e3)} KB`);
const sum = (files: readonly { bytes: Buffer }[]): number => files.reduce((n, { bytes }) => n + bytes.length, 0);

test('the status counts what was uploaded, to the byte: photos, those without a picture, the trash; copies once', async ({ page, user, stack }) => {
  const photos = makePhotos(9, { seed: 751 });
  const letter = { name: 'letter.jpg', bytes: Buffer.from('no pixels\n'.repeat(5000)) };
  const all = [...photos, letter];
  await signIn(page, user);
  // Two of them twice, under other names.
  await choose(page, [...all, ...photos.slice(0, 2).map((photo, i) => ({ ...photo, name: `copy-${i}.jpg` }))]);
  await expect(tray(page).getByRole('heading')).toHaveText('All 12 photos are safe.', { timeout: 60_000 });
  await expect(page.getByRole('link', { name: '10 photos are safe. Show the status.' })).toBeVisible();
  const api = await Api.of(stack, user);
  await api.settled(photos);

  const status = async (here: readonly { bytes: Buffer }[], gone: readonly { bytes: Buffer }[]) => {
    const me = await api.call<Record<string, number>>('GET', '/me');
    expect(me).toMatchObject({ photos: here.length, bytes: sum(here), trash_photos: gone.length, trash_bytes: sum(gone), pending: 0 });
    const { months } = await api.call<{ months: { count: number; bytes: number }[] }>('GET', '/timeline');
    expect([months.reduce((n, one) => n + one.count, 0), months.reduce((n, one) => n + one.bytes, 0)]).toEqual([here.length, sum(here)]);
    await page.goto('/status');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${here.length} photos, all safe`);
    const facts = page.locator('dl.facts');
    await expect(facts.getByText(`${here.length - 1} with preview, 1 kept as it is`)).toBeVisible();
    await expect(facts.locator('b').filter({ hasText: /[KM]B$/ })).toHaveText(size(sum(all)));
    await expect(facts.getByText(`${size(sum(here))} originals`)).toBeVisible();
    await expect(facts.getByText(/ trash$/)).toHaveText(gone.length ? [`${size(sum(gone))} trash`] : []);
    await expect(facts.getByText(/more in the trash\.$/)).toHaveText(gone.length ? [`${gone.length} more in the trash.`] : []);
    await expect(page.getByRole('link', { name: `${here.length} photos are safe. Show the status.` })).toBeVisible();
  };
  await status(all, []);
  await api.call('POST', '/photos/trash', { photo_ids: photos.slice(0, 3).map((photo) => photo.sha256) });
  await status([...photos.slice(3), letter], photos.slice(0, 3));
  await api.call('POST', '/photos/restore', { photo_ids: photos.slice(0, 1).map((photo) => photo.sha256) });
  await status([photos[0] ?? letter, ...photos.slice(3), letter], photos.slice(1, 3));
});
