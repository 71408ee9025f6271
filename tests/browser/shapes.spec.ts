// Photos of every shape and way up, what the viewer says of them, and the names that they leave with.
import { readFileSync } from 'node:fs';
import { Api } from './api.ts';
import { withExif, withXmp, type Exif } from './exif.ts';
import { expect, signIn, test } from './fixtures.ts';
import { drawing, makePhotos, sha256, type TestPhoto } from './jpeg.ts';

const made = (name: string, bytes: Buffer, modified = new Date('2026-05-14T12:00:00Z')): TestPhoto => ({ name, bytes, sha256: sha256(bytes), modified });

const SIZES: [number, number][] = [[900, 600], [600, 900], [700, 700], [1200, 400], [400, 1200], [1600, 300], [300, 1600]];
/** All on one day: eight ways up of one shape, and shapes beyond what a tile may be. */
const shapes: TestPhoto[] = [
  ...Array.from({ length: 8 }, (_, i) => made(`way-${i + 1}.jpg`, withExif(drawing(900 + i, 900, 600), { orientation: i + 1, original: `2024:05:14 1${i}:00:00` }))),
  ...SIZES.flatMap(([w, h], i) => [0, 1].map((twice) => made(`shape-${w}x${h}-${twice}.jpg`, withExif(drawing(950 + 2 * i + twice, w, h), { original: `2024:05:14 0${i}:1${twice}:00` })))),
];

test.describe('shapes', () => {
  for (const [width, height] of [[320, 640], [768, 1024], [1440, 900], [2560, 1440]] as const)
    for (const colorScheme of ['light', 'dark'] as const)
      test.describe(`${width} × ${height}, ${colorScheme}`, () => {
        test.use({ viewport: { width, height }, colorScheme, hasTouch: width === 320 });
        test('each tile has the shape of its photo, upright, and rows end at one edge', async ({ page, stack }) => {
          const api = await Api.of(stack, 'shapes');
          await api.upload(shapes);
          await api.settled(shapes);
          const listed = (await api.list()) as unknown as { photo_id: string; file_name: string; width: number; height: number }[];
          const of = new Map(listed.map((one) => [one.photo_id, one]));
          for (const one of listed.filter(({ file_name }) => file_name.startsWith('way-'))) {
            const lies = Number(one.file_name[4]) <= 4;
            expect([one.width, one.height], one.file_name).toEqual(lies ? [900, 600] : [600, 900]);
          }
          await signIn(page, 'shapes');
          // What is mounted on the way down.
          const boxes = new Map<string, { x: number; y: number; w: number; h: number; shown: number }>();
          const end = page.getByText(/^That is everything/);
          await expect(async () => {
            await expect(page.locator('[data-id] img.there').first()).toBeVisible();
            const seen = await page.locator('[data-id]:has(img.there)').evaluateAll((tiles) => {
              const top = document.querySelector('.timeline')?.scrollTop ?? 0;
              return tiles.map((tile) => {
                const box = tile.getBoundingClientRect();
                const image = tile.querySelector('img');
                return { id: (tile as HTMLElement).dataset.id ?? '', x: box.x, y: box.y + top, w: box.width, h: box.height, shown: (image?.naturalWidth ?? 0) / (image?.naturalHeight ?? 1) };
              });
            });
            for (const { id, ...box } of seen) boxes.set(id, box);
            await page.locator('.timeline').evaluate((element) => element.scrollBy(0, 300));
            expect(boxes.size).toBe(shapes.length);
            await expect(end).toBeVisible({ timeout: 500 });
          }).toPass({ intervals: [50] });
          const rows = new Map<number, { right: number; h: number }>();
          for (const [id, box] of boxes) {
            const photo = of.get(id);
            if (!photo) throw new Error(id);
            const ratio = Math.min(3, Math.max(0.4, photo.width / photo.height));
            expect(Math.abs(box.w - box.h * ratio), `${photo.file_name}: ${box.w} × ${box.h}`).toBeLessThanOrEqual(1.5 + 0.5 * ratio);
            // What the server made is upright too.
            expect(Math.abs(box.shown / (photo.width / photo.height) - 1), photo.file_name).toBeLessThan(0.03);
            const y = Math.round(box.y);
            rows.set(y, { right: Math.max(rows.get(y)?.right ?? 0, box.x + box.w), h: box.h });
          }
          const rights = [...rows].sort(([a], [b]) => a - b).map(([, row]) => Math.round(row.right));
          const edge = Math.max(...rights);
          expect(rights.slice(0, -1).every((right) => right === edge), `right edges: ${rights.join(', ')}`).toBe(true);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        });
      });
});

test('the panel says where the time is from, what the camera did, and where; its link names the site and keeps the rest to itself', async ({ page, user, stack }) => {
  const base = (seed: number) => drawing(seed, 600, 400);
  const camera: Exif = {
    make: 'Canon', model: 'Canon EOS R5', original: '2024:05:14 15:42:07', offset: '+02:00', exposure: [1, 120], aperture: [17, 10], focal: [69, 10], iso: 64,
    place: { latitude: 48.2082, longitude: -16.3738 },
  };
  const cases: [Omit<TestPhoto, 'modified'> & { modified: Date | null }, string | RegExp][] = [
    [made('camera.jpg', withExif(base(971), camera)), '15:42:07 +02:00, from the camera'],
    [made('created.jpg', withExif(base(972), { created: '2023:01:02 03:04:05' })), '03:04:05, from the camera (create date)'],
    [made('xmp.jpg', withXmp(base(975), '2021-07-08T09:10:11+02:00')), '09:10:11 +02:00, from XMP'],
    [made('IMG_20220304_050607.jpg', base(973)), '05:06:07, read from the file name'],
    [made('plain.jpg', base(974)), /from the file’s modification time.⚠/],
    [{ ...made('bare.jpg', base(976)), modified: null }, /time of upload; the photo carries no date.⚠/],
  ];
  const api = await Api.of(stack, user);
  const photos = cases.map(([photo]) => photo);
  await api.upload(photos);
  await api.settled(photos);
  // High enough for six months.
  await page.setViewportSize({ width: 1440, height: 1800 });
  await signIn(page, user);
  await expect(page.locator('[data-id]')).toHaveCount(cases.length);
  const panel = page.getByRole('region', { name: 'Info' });
  for (const [photo, said] of cases) {
    await page.locator(`[data-id="${photo.sha256}"]`).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    if ((await panel.count()) === 0) await page.keyboard.press('i');
    await expect(panel, photo.name).toContainText(said);
    // A guess has its sign, and nothing else has.
    if (typeof said === 'string') await expect(panel).not.toContainText('⚠');
    await expect(panel.locator('code')).toHaveText((photo.sha256.match(/.{8}/g) ?? []).join(''));
    if (photo.name === 'camera.jpg') {
      await expect(panel).toContainText('Canon EOS R5');
      await expect(panel).not.toContainText('Canon Canon');
      for (const fact of ['6.9 mm', 'f/1.7', '1/120 s', 'ISO 64', '48.2082° N, 16.3738° W']) await expect(panel).toContainText(fact);
      const link = panel.getByRole('link', { name: /^Open in OpenStreetMap ?, opens in a new tab$/ });
      await expect(link).toHaveAttribute('href', /^https:\/\/www\.openstreetmap\.org\/\?mlat=48\.2082\d*&mlon=-16\.3738/);
      await expect(link).toHaveAttribute('rel', 'noopener noreferrer');
      await expect(link).toHaveAttribute('target', '_blank');
    } else await expect(panel).not.toContainText(/unknown|—/);
    const receipt = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Download receipt' }).click();
    const saved = await receipt;
    expect(saved.suggestedFilename()).toBe(`${photo.name}.receipt.json`);
    expect(JSON.parse(readFileSync(await saved.path(), 'utf8'))).toMatchObject({ sha256: photo.sha256, size: photo.bytes.length, file_name: photo.name });
    await page.keyboard.press('i');
    await expect(panel).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('an original comes back byte for byte under the name that it had', async ({ page, user, stack }) => {
  const names = ['é.jpg', '日本語.jpg', 'a+b c%20d.jpg', 'quote"and;semicolon.jpg'];
  const photos = makePhotos(names.length, { seed: 311, small: true }).map((photo, i) => ({ ...photo, name: names[i] ?? '' }));
  const api = await Api.of(stack, user);
  await api.upload(photos);
  await api.settled(photos);
  await signIn(page, user);
  for (const photo of photos) {
    await page.locator(`[data-id="${photo.sha256}"]`).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    const download = page.waitForEvent('download');
    await page.keyboard.press('d');
    const saved = await download;
    // No file may have a quotation mark everywhere: the browser replaces it.
    expect(saved.suggestedFilename()).toBe(photo.name.replace('"', '_'));
    expect(sha256(readFileSync(await saved.path()))).toBe(photo.sha256);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});
