// Where a library ends, whatever its length; and the viewer through many hundreds.
import { Api } from './api.ts';
import { expect, signIn, test as base } from './fixtures.ts';
import { ownerOf, showOnePicture, withSeeded } from './seeded.ts';
import type { Stack } from './stack.ts';

/** Around the first page of 200, and two whole ones. */
const LENGTHS = [1, 199, 200, 201, 400];

const test = base.extend<object, { stack: Stack }>({
  stack: [async ({}, use) => withSeeded(LENGTHS, use), { scope: 'worker', timeout: 240_000 }],
});

for (const length of LENGTHS)
  test(`a library of ${length} ends once: scrolled through, each photo came once, and nothing is asked after the end`, async ({ page, stack }) => {
    const owner = ownerOf(length);
    await showOnePicture(page, stack, owner);
    const asked: string[] = [];
    const answers: Promise<string[]>[] = [];
    page.on('request', (request) => /\/api\/photos\?/.test(request.url()) && asked.push(request.url()));
    page.on('response', (response) => {
      if (!/\/api\/photos\?/.test(response.url())) return;
      answers.push(response.json().then((body: { photos: { photo_id: string }[] }) => body.photos.map((one) => one.photo_id)));
    });
    await signIn(page, owner);
    const feed = page.locator('.feed');
    const end = page.getByText(new RegExp(`^That is everything: ${length} photos?, the first from`));
    const inView = (): Promise<boolean> => end.evaluateAll((all) => all.some((one) => one.getBoundingClientRect().bottom <= innerHeight));
    await expect(page.locator('[data-id]').first()).toBeVisible();
    await page.mouse.move(600, 500);
    const top = () => page.locator('.timeline').evaluate((element) => element.scrollTop);
    while (!(await inView())) {
      const before = await top();
      await page.mouse.wheel(0, 700);
      await expect(async () => expect((await top()) > before || (await inView())).toBe(true)).toPass();
      await expect(feed).toHaveAttribute('aria-busy', 'false');
    }
    const truth = (await (await Api.of(stack, owner)).list()).map((one) => one.photo_id);
    expect(truth).toHaveLength(length);
    expect((await Promise.all(answers)).flat().sort(), 'each once').toEqual([...truth].sort());
    // At the end, and back to it.
    const before = asked.length;
    await page.mouse.wheel(0, -800);
    await page.mouse.wheel(0, 4000);
    await expect.poll(inView).toBe(true);
    await expect(end).toHaveCount(1);
    expect(asked.slice(before), 'nothing is asked after the end').toEqual([]);
  });

test('the viewer, opened in the middle of 400, goes through all that are newer, each once, in order', async ({ page, stack }) => {
  const owner = ownerOf(400);
  await showOnePicture(page, stack, owner);
  const listed = (await (await Api.of(stack, owner)).list()).map((one) => one.photo_id);
  const from = 350;
  await signIn(page, owner, `/photo/${listed[from]}`);
  await expect(page.getByRole('dialog')).toBeVisible();
  const shown = () => page.evaluate(() => location.pathname.slice('/photo/'.length));
  const seen: string[] = [];
  const newer = page.getByRole('button', { name: 'Newer photo' });
  for (let i = from; i > 0; i--) {
    // Not there while what comes next is being fetched.
    await expect(newer).toBeVisible();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(shown, { intervals: [20, 50, 100] }).not.toBe(seen.at(-1) ?? listed[from]);
    seen.push(await shown());
  }
  expect(seen).toEqual(listed.slice(0, from).reverse());
  // There is nothing newer than the newest.
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('button', { name: 'Older photo' })).toBeVisible();
  await expect(newer).toHaveCount(0);
  expect(await shown()).toBe(listed[0]);
});
