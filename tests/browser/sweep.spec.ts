// From the newest to the oldest of 8,000 photos by the wheel; and what a change of the list behind the viewer looks like.
import type { CDPSession, Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect, signIn, still, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

const MANY = 8_000;
const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded([MANY], use), { scope: 'worker', timeout: 300_000 }],
});

interface Listing {
  photos: { photo_id: string; taken: string }[];
  next_cursor?: string | null;
}

const heap = async (cdp: CDPSession): Promise<number> => {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
};

test('the wheel leads through all of 8,000 photos: every month, every photo, each once, one end, within its budgets', async ({ page, stack }) => {
  test.setTimeout(900_000);
  const owner = ownerOf(MANY);
  await showOnePicture(page, stack, owner);
  const answers: Promise<Listing>[] = [];
  page.on('response', (response) => {
    if (new URL(response.url()).pathname === '/api/photos' && response.ok()) answers.push(response.json() as Promise<Listing>);
  });
  await signIn(page, owner);
  await expect(page.locator('[data-id] img.there').first()).toBeVisible();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const before = await heap(cdp);

  // What is looked at, at every step: in the page itself, so that no frame waits for the test.
  await page.evaluate(() => {
    const seen = { months: new Set<string>(), ids: new Set<string>(), twice: [] as string[], most: 0 };
    Object.assign(window, { seen });
    const look = () => {
      const title = document.querySelector('.sticky .label b')?.textContent;
      if (title) seen.months.add(title);
      for (const one of document.querySelectorAll('.month-title b')) seen.months.add(one.textContent ?? '');
      const now = [...document.querySelectorAll<HTMLElement>('[data-id]')].map((tile) => tile.dataset.id ?? '');
      if (new Set(now).size < now.length) seen.twice.push(now.find((id, i) => now.indexOf(id) < i) ?? '');
      for (const id of now) seen.ids.add(id);
      seen.most = Math.max(seen.most, document.querySelectorAll('*').length);
      requestAnimationFrame(look);
    };
    look();
  });
  const end = page.getByText(/^That is everything: 8,000 photos, the first from/);
  const state = () =>
    page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const gaps = [...document.querySelectorAll('.timeline .skeleton')].some((one) => one.getBoundingClientRect().top < innerHeight && one.getBoundingClientRect().bottom > 0);
      return { gaps, ended: [...document.querySelectorAll('.end')].some((one) => one.getBoundingClientRect().bottom <= innerHeight) };
    });
  await page.mouse.move(600, 500);
  for (;;) {
    // What is mounted reaches further than this in every frame.
    await page.mouse.wheel(0, 1400);
    await expect.poll(async () => (await state()).gaps, { intervals: [10, 20, 50] }).toBe(false);
    if ((await state()).ended) break;
  }
  await expect(end).toHaveCount(1);
  const truth = await (await Api.of(stack, owner)).list();
  expect(truth).toHaveLength(MANY);
  await expect(page.locator(`[data-id="${truth.at(-1)?.photo_id}"] img.there`)).toBeInViewport();

  const seen = await page.evaluate(() => {
    const { months, ids, twice, most } = (window as unknown as { seen: { months: Set<string>; ids: Set<string>; twice: string[]; most: number } }).seen;
    return { months: [...months], ids: [...ids], twice, most };
  });
  const title = (taken: string) => new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${taken.slice(0, 7)}-01T00:00:00Z`));
  expect(seen.months.sort()).toEqual([...new Set(truth.map(({ taken }) => title(taken)))].sort());
  expect(seen.ids.sort()).toEqual(truth.map((one) => one.photo_id).sort());
  expect(seen.twice, 'none twice at one time').toEqual([]);
  const listed = (await Promise.all(answers)).flatMap((answer) => answer.photos.map((one) => one.photo_id));
  expect(new Set(listed).size, 'each was listed once').toBe(listed.length);
  expect(seen.most, 'elements at any time').toBeLessThanOrEqual(2000);
  const grown = ((await heap(cdp)) - before) / 1e6;
  test.info().annotations.push({ type: 'figures', description: `at most ${seen.most} elements, ${grown.toFixed(1)} MB more for ${MANY} photos` });
  expect(grown, 'MB more').toBeLessThan(30);

  // The end is the end.
  const asked = answers.length;
  await page.mouse.wheel(0, -800);
  await page.mouse.wheel(0, 4000);
  await expect.poll(async () => (await state()).ended).toBe(true);
  expect(answers.length).toBe(asked);
  await expect(end).toHaveCount(1);
});

/** Of the pixels of two pictures, the share that differs to the eye. */
async function difference(page: Page, a: string, b: string): Promise<number> {
  return page.evaluate(
    async ([a, b]) => {
      const pixels = async (png: string | undefined) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d') as OffscreenCanvasRenderingContext2D;
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      };
      const [one, other] = [await pixels(a), await pixels(b)];
      if (one.width !== other.width || one.height !== other.height) return 1;
      let differ = 0;
      for (let i = 0; i < one.data.length; i += 4) if ([0, 1, 2].some((c) => Math.abs((one.data[i + c] ?? 0) - (other.data[i + c] ?? 0)) > 8)) differ++;
      return differ / (one.data.length / 4);
    },
    [a, b],
  );
}

test('newer photos that come to the list behind the viewer change no pixel of what one looks at', async ({ page, context, stack }) => {
  const owner = ownerOf(MANY);
  await showOnePicture(page, stack, owner);
  const listed = (await (await Api.of(stack, owner)).list()).map((one) => one.photo_id);
  let release = (): void => undefined;
  const free = new Promise<void>((done) => (release = done));
  let holding = false, held = 0;
  await page.route(/\/api\/photos\?/, async (route) => {
    if (holding) {
      held++;
      await free;
    }
    await route.continue().catch(() => undefined);
  });
  await signIn(page, owner, `/photo/${listed[4000]}`);
  const viewer = page.getByRole('dialog');
  const newer = page.getByRole('button', { name: 'Newer photo' });
  const shown = () => page.evaluate(() => location.pathname);
  await expect(newer).toBeVisible();
  await expect(page.locator('.feed')).toHaveAttribute('aria-busy', 'false');
  // Until what is newer is asked for, and is held back: with some photos left on either side.
  holding = true;
  while (held === 0) {
    const before = await shown();
    await expect(newer).toBeVisible();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(shown, { intervals: [20, 50, 100] }).not.toBe(before);
  }
  await expect(newer).toBeVisible();
  await expect(viewer.locator('.pswp__item[aria-hidden=false] img.pswp__img:not(.pswp__img--placeholder)')).toBeVisible();
  await still(page);
  await viewer.evaluate((element) => element.setAttribute('data-before', ''));

  const cdp = await context.newCDPSession(page);
  const frames: string[] = [];
  cdp.on('Page.screencastFrame', ({ data, sessionId }) => {
    frames.push(data);
    void cdp.send('Page.screencastFrameAck', { sessionId });
  });
  await page.mouse.move(700, 400);
  await page.mouse.move(710, 410);
  await still(page);
  await cdp.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
  await expect.poll(() => frames.length).toBeGreaterThan(0);
  const first = frames.length - 1;
  release();
  await expect(page.locator('.pswp[data-before]')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Newer photo' })).toBeVisible();
  await still(page);
  await cdp.send('Page.stopScreencast');
  const blank = await context.newPage();
  const differences: number[] = [];
  for (const frame of frames.slice(first + 1)) differences.push(await difference(blank, frames[first] ?? '', frame));
  test.info().annotations.push({ type: 'figures', description: `${frames.length - first} frames, at most ${(100 * Math.max(0, ...differences)).toFixed(3)} % of the pixels differ` });
  expect(differences.length, 'it was painted anew').toBeGreaterThan(0);
  expect(Math.max(...differences)).toBeLessThanOrEqual(0.001);
});
