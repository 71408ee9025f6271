// Libraries of nothing, and of next to nothing.
import type { Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, test } from './fixtures.ts';
import { makePhotos } from './jpeg.ts';

const listings = (page: Page): string[] => {
  const asked: string[] = [];
  page.on('request', (request) => new URL(request.url()).pathname === '/api/photos' && asked.push(request.url()));
  return asked;
};

/** What makes a page look again: the wheel, another screen and back, another window and back. */
async function lookAgain(page: Page): Promise<void> {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 2000);
  await page.mouse.wheel(0, -2000);
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/photos/i);
  await page.getByRole('link', { name: 'Photos', exact: true }).click();
  const counted = page.waitForResponse((response) => response.url().endsWith('/api/timeline'));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await counted;
  // What would be asked because of the counts is asked in the next frames.
  await page.waitForTimeout(1000);
}

test('a library of nothing is a place to drop photos on: no scrubber, no end, and its listing is asked for once', async ({ page, user }) => {
  const asked = listings(page);
  const listed = page.waitForResponse((response) => new URL(response.url()).pathname === '/api/photos');
  await signIn(page, user);
  await expect(page.getByRole('heading', { name: 'Drop photos or folders here' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Choose photos' })).toBeVisible();
  const answer = (await (await listed).json()) as { photos: unknown[]; next_cursor?: string | null };
  expect(answer.photos).toEqual([]);
  expect(answer.next_cursor ?? null).toBeNull();
  await lookAgain(page);
  await expect(page.getByRole('heading', { name: 'Drop photos or folders here' })).toBeVisible();
  await expect(page.getByRole('slider', { name: 'Date' })).toHaveCount(0);
  await expect(page.getByText(/^That is everything/)).toHaveCount(0);
  await expect(page.locator('[data-id], .skeleton')).toHaveCount(0);
  expect(asked).toHaveLength(1);
});

test('a library of three, of two months, is all in view: no scrubber, one end, and its listing is asked for once', async ({ page, user, stack }) => {
  const photos = makePhotos(3, { seed: 711, small: true, newest: new Date('2026-09-20T12:00:00Z'), days: 60 });
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  const asked = listings(page);
  await signIn(page, user);
  await expect(page.locator('[data-id] img.there')).toHaveCount(3);
  await lookAgain(page);
  await expect(page.locator('[data-id] img.there')).toHaveCount(3);
  await expect(page.getByRole('slider', { name: 'Date' })).toHaveCount(0);
  await expect(page.getByText(/^That is everything: 3 photos, the first from/)).toHaveCount(1);
  await expect(page.getByText(/^That is everything/)).toBeInViewport();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  expect(asked).toHaveLength(1);
});
