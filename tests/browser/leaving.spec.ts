// Signing out while files are on their way; and whose sign-in it is that ends.
import { expect, expectAccessible, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';
import { drop, Gate, tray } from './tray.ts';
import type { Page } from '@playwright/test';

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

test('signing out amid uploads asks first: who stays is still signed in, and all becomes safe', async ({ page, user }) => {
  await signIn(page, user);
  const gate = await Gate.at(page, 2);
  await drop(page, makePhotos(8, { seed: 601, small: true }));
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  await signOut(page);
  const asked = page.getByRole('dialog', { name: 'Uploads are not finished' });
  await expect(asked).toContainText(/\d files are still to be sent/);
  await expect(asked.getByRole('button', { name: 'Stay' })).toBeFocused();
  await expectAccessible(page, 'the question');
  await asked.getByRole('button', { name: 'Stay' }).click();
  await expect(asked).toHaveCount(0);
  await signOut(page);
  await page.keyboard.press('Escape');
  await expect(asked).toHaveCount(0);
  gate.let();
  await expect(tray(page).getByRole('heading')).toHaveText('All 8 photos are safe.', { timeout: 60_000 });
  await page.reload();
  await expect(page.locator('[data-id]')).toHaveCount(8);
});

test('who signs out amid uploads all the same is out at once, and the browser asks nothing more', async ({ page, user }) => {
  await signIn(page, user);
  const gate = await Gate.at(page, 1);
  await drop(page, makePhotos(6, { seed: 602, small: true }));
  await expect.poll(() => gate.waiting).toBeGreaterThan(0);
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.type());
    void dialog.dismiss();
  });
  await signOut(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => sessionStorage.getItem('tintype.refresh'))).toBeNull();
});

test('a session that ends, or is left, takes nobody else’s kept sign-in with it', async ({ page, user, watch, stack }) => {
  watch.allow(401, /^\/api\//);
  watch.allow(400, /token/);
  await signIn(page, user);
  const kept = () => page.evaluate(() => localStorage.getItem('tintype.refresh'));
  // Somebody else is kept signed in on this device, by another tab.
  await page.evaluate(() => localStorage.setItem('tintype.refresh', 'of-somebody-else'));
  await page.route('**/api/**', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"token","status":401}' }));
  await page.route(`${stack.addresses.issuer}/**token*`, (route) =>
    route.fulfill({ status: 400, contentType: 'application/json', headers: { 'access-control-allow-origin': stack.addresses.page }, body: '{"error":"invalid_grant"}' }));
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'You are signed out.' })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.getItem('tintype.refresh'))).toBeNull();
  expect(await kept()).toBe('of-somebody-else');
  // Nor does a link that was not started here.
  await page.unroute('**/api/**');
  await page.goto('/callback?code=x&state=y');
  await expect(page.getByRole('alert').filter({ hasText: 'This sign-in link was not started here.' })).toBeVisible();
  expect(await kept()).toBe('of-somebody-else');
});
