// The network goes before everything was fetched.
import { expect, expectAccessible, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, tray } from './tray.ts';

test('files dropped without a network wait for it, and nothing untrue is said of them', async ({ page, user, context }) => {
  // The code that hashes is fetched before there is any file.
  const worker = page.waitForResponse((response) => response.url().includes('hash.worker'));
  await signIn(page, user);
  await page.mouse.move(200, 200);
  await page.mouse.move(300, 300);
  await worker;
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await drop(page, makePhotos(3, { seed: 261, small: true }));
  await expect(tray(page).getByRole('heading')).toHaveText(/Backing up 3/);
  await expect(page.getByText('You are offline. Uploads wait and go on by themselves.')).toBeVisible();
  await expect(tray(page)).not.toContainText(/attention|readable/);
  await expectAccessible(page, 'the bar of a lost network');
  await context.setOffline(false);
  await expect(tray(page).getByRole('heading')).toHaveText('All 3 photos are safe.', { timeout: 60_000 });
});

test('files whose hashing could not begin are hashed once it can', async ({ page, user, context }) => {
  await context.route('**/hash.worker*', (route) => route.abort());
  await signIn(page, user);
  await drop(page, makePhotos(2, { seed: 262, small: true }));
  await expect(tray(page).getByRole('heading')).toHaveText(/Backing up 2/);
  await context.setOffline(true);
  await expect(tray(page)).not.toContainText(/attention|readable/);
  await context.unroute('**/hash.worker*');
  await context.setOffline(false);
  await expect(tray(page).getByRole('heading')).toHaveText('All 2 photos are safe.', { timeout: 60_000 });
});

test('a screen first opened without a network says so, and comes with the network', async ({ page, user, context }) => {
  await context.route('**/assets/Status-*', (route) => route.abort());
  const asked = page.waitForRequest(/\/assets\/Status-/);
  await signIn(page, user);
  await page.mouse.move(200, 200);
  await page.mouse.move(300, 300);
  await asked;
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await context.unroute('**/assets/Status-*');
  await context.setOffline(false);
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await expect(page.locator('main h1')).toHaveText(/photos/);
});
