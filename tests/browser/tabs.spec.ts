// Several tabs of one browser: whose they are, and when that ends.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

async function signInKept(page: Page, user: string): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'More' })).toBeVisible();
}

test('a tab of one person never goes on as another who signed in meanwhile: it begins anew', async ({ page, user, stack, context, watch }) => {
  watch.allow(401, /^\/api\//);
  watch.allow(403, /^\/media\//);
  const mine = makePhotos(2, { seed: 241 }), theirs = makePhotos(4, { seed: 242 });
  const me = await Api.of(stack, user), them = await Api.of(stack, `${user}-other`);
  await Promise.all([me.upload(mine), them.upload(theirs)]);
  await Promise.all([me.settled(mine), them.settled(theirs)]);
  await signInKept(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(2);
  await page.evaluate(() => Object.assign(window, { before: true }));

  // A tab that heard nothing of a sign-out: what the device keeps is now the other's.
  const other = await context.newPage();
  await other.goto('/RESTORE.txt');
  await other.evaluate(() => localStorage.clear());
  await context.clearCookies();
  await signInKept(other, `${user}-other`);
  await expect(other.locator('[data-id]')).toHaveCount(4);

  let refused = 0;
  await page.route('**/api/timeline', (route) => (refused++ === 0 ? route.fulfill({ status: 401, contentType: 'application/json', body: '{"message":"Unauthorized"}' }) : route.continue()));
  await page.bringToFront();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect.poll(() => page.evaluate(() => 'before' in window).catch(() => true), { message: 'the page began anew' }).toBe(false);
  await expect(page.locator('[data-id]')).toHaveCount(4);
});

test('signing out in one tab ends them all', async ({ page, user, stack, context }) => {
  const photos = makePhotos(2, { seed: 243 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signInKept(page, user);
  const tab = await context.newPage();
  await tab.goto('/');
  await expect(tab.locator('[data-id]')).toHaveCount(2);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  for (const one of [page, tab]) {
    await expect(one.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await expect(one.locator('[data-id]')).toHaveCount(0);
  }
});

test('another person’s tab stays as it is when somebody signs out', async ({ page, user, stack, context, watch }) => {
  watch.allow(403, /^\/media\//);
  const photos = makePhotos(2, { seed: 244 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(2);
  const tab = await context.newPage();
  // What was kept of this person would sign the new tab in.
  await tab.goto('/RESTORE.txt');
  await tab.evaluate(() => localStorage.clear());
  await context.clearCookies();
  await signIn(tab, `${user}-other`);
  await tab.getByRole('button', { name: 'More' }).click();
  await tab.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(tab.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.locator('[data-id]')).toHaveCount(2);
});
