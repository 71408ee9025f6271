// Signing in and out, and that one person's photos are nobody else's.
import { createHash } from 'node:crypto';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

test('code and state leave the address, and no token is kept beyond the tab', async ({ page, user }) => {
  await signIn(page, user, '/status');
  await expect(page).toHaveURL(/\/status$/);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toMatch(/eyJ|refresh/);
  expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain('code');
  await page.goBack();
  expect(new URL(page.url()).pathname, 'the callback is no place to go back to').not.toBe('/callback');
});

test('the way in is a code with PKCE: no token comes by an address, and none is asked for that way', async ({ page, user, stack }) => {
  const addresses: string[] = [];
  const forms: URLSearchParams[] = [];
  page.on('request', (request) => {
    addresses.push(request.url());
    if (request.method() === 'POST' && request.url().startsWith(stack.addresses.issuer)) forms.push(new URLSearchParams(request.postData() ?? ''));
  });
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  await signIn(page, user);
  const asked = new URL(addresses.find((one) => new URL(one).searchParams.has('response_type')) ?? '').searchParams;
  // The implicit and the hybrid flow ask for `token` or `id_token` here, and have the answer in the fragment.
  expect(asked.getAll('response_type')).toEqual(['code']);
  expect(asked.get('response_mode') ?? 'query').toBe('query');
  expect(asked.get('code_challenge_method')).toBe('S256');
  for (const name of ['code_challenge', 'state', 'nonce']) expect(asked.get(name)?.length, name).toBeGreaterThanOrEqual(43);
  const callback = new URL(addresses.find((one) => one.includes('/callback?')) ?? '');
  expect([...callback.searchParams.keys()].filter((name) => name !== 'iss').sort()).toEqual(['code', 'state']);
  expect(callback.hash).toBe('');
  expect(callback.searchParams.get('state')).toBe(asked.get('state'));
  // Only who has the secret of the challenge has any use for the code.
  const exchange = forms.find((form) => form.get('grant_type') === 'authorization_code');
  expect(exchange?.get('code')).toBe(callback.searchParams.get('code'));
  expect(createHash('sha256').update(exchange?.get('code_verifier') ?? '').digest('base64url')).toBe(asked.get('code_challenge'));
  expect(forms.map((form) => form.get('grant_type')).filter((grant) => grant === 'password' || grant === 'implicit')).toEqual([]);
  expect(addresses.filter((one) => /access_token|id_token|refresh_token|eyJ/.test(one))).toEqual([]);
});

test('a callback that was not started here, or was refused, says so', async ({ page }) => {
  await page.goto('/callback?code=x&state=y');
  await expect(page.getByRole('alert').filter({ hasText: 'This sign-in link was not started here.' })).toBeVisible();
  await page.goto('/callback?error=access_denied&state=z');
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  expect(page.url()).not.toContain('error=');
});

test('signing out ends it: the page asks again, and forgets', async ({ page, user }) => {
  await signIn(page, user);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
  expect(await page.evaluate(() => [sessionStorage.getItem('tintype.refresh'), localStorage.getItem('tintype.refresh'), localStorage.getItem('tintype.was_signed_in')])).toEqual([null, null, null]);
});

test('kept signed in, a new tab needs no password', async ({ page, user, context }) => {
  await page.goto('/');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name=name]').fill(user);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  const tab = await context.newPage();
  await tab.goto('/');
  await expect(tab.getByRole('button', { name: 'Choose photos' })).toBeVisible();
});

test('two people at once see their own photos and none of the other’s', async ({ browser, page, user, stack, watch }) => {
  watch.allow(403, /^\/media\//);
  const mine = makePhotos(3, { seed: 41 }), theirs = makePhotos(4, { seed: 42 });
  const me = await Api.of(stack, user);
  const them = await Api.of(stack, `${user}-other`);
  await Promise.all([me.upload(mine), them.upload(theirs)]);
  await Promise.all([me.settled(mine), them.settled(theirs)]);

  const context = await browser.newContext({ baseURL: stack.addresses.page, locale: 'en-GB' });
  const other = await context.newPage();
  await signIn(page, user);
  await signIn(other, `${user}-other`);
  await expect(page.locator('[data-id]')).toHaveCount(3);
  await expect(other.locator('[data-id]')).toHaveCount(4);
  // Even with the address of an image in hand.
  const address = await other.locator('[data-id] img').first().getAttribute('src');
  expect((await page.request.get(address ?? '')).status()).toBe(403);
  expect((await other.request.get(address ?? '')).status()).toBe(200);
  await context.close();
});

test('images come back by themselves when their cookies have ended', async ({ page, user, stack, context, watch }) => {
  watch.allow(403, /^\/media\//);
  const photos = makePhotos(6, { seed: 43 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await page.clock.install();
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(6);
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await context.clearCookies({ path: /^\/media/ });
  await page.clock.fastForward(120_000);
  const asked = page.waitForRequest((request) => request.url().endsWith('/api/session'));
  // Without the cache the images must be asked for again.
  const session = await context.newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  await asked;
  await page.clock.runFor(2000);
  await expect(page.locator('[data-id] img.there')).toHaveCount(6);
});
