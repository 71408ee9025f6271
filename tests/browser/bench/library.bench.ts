// 200,000 photos on this machine: how long until one sees something, how it scrolls, what it costs. Writes
// docs/BENCHMARKS-PAGE.md.
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { expect, test, type BrowserContext, type CDPSession, type Page } from '@playwright/test';
import { Api } from '../api.ts';
import { makePhotos } from '../jpeg.ts';
import { root, seedBinary, Stack } from '../stack.ts';

const COUNT = Number(process.env.PHOTOS ?? 200_000);
const USER = 'bench';

interface Figures {
  frames: number[];
  tasks: number[];
  shift: number;
}

/** Runs in the page before anything else. */
function instruments(): void {
  const state = { frames: [] as number[], tasks: [] as number[], shift: 0, on: false, last: 0, first: 0, all: 0 };
  (globalThis as unknown as { bench: typeof state }).bench = state;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) state.shift += (entry as unknown as { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) state.tasks.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });
  const frame = (now: number) => {
    if (state.on && state.last) state.frames.push(now - state.last);
    state.last = now;
    if (!state.all) {
      const inView = [...document.querySelectorAll<HTMLElement>('.timeline .tile')].filter((tile) => {
        const box = tile.getBoundingClientRect();
        return box.bottom > 110 && box.top < innerHeight;
      });
      const there = inView.filter((tile) => tile.querySelector('img.there')).length;
      if (there > 0 && !state.first) state.first = performance.now();
      if (there > 0 && there === inView.length) state.all = performance.now();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
const asc = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
const ms = (n: number): string => `${Math.round(n)} ms`;

async function collect(page: Page, during: () => Promise<void>): Promise<Figures> {
  await page.evaluate(() => Object.assign((globalThis as unknown as { bench: object }).bench, { frames: [], tasks: [], shift: 0, on: true, last: 0 }));
  await during();
  return page.evaluate(() => {
    const { bench } = globalThis as unknown as { bench: Figures & { on: boolean } };
    bench.on = false;
    return { frames: bench.frames, tasks: bench.tasks, shift: bench.shift };
  });
}

function frameLine(name: string, { frames, tasks, shift }: Figures): string {
  const sorted = asc(frames);
  const missed = frames.reduce((n, f) => n + Math.max(0, Math.round(f / (1000 / 60)) - 1), 0);
  const mean = frames.reduce((a, b) => a + b, 0) / Math.max(1, frames.length);
  const f = (n: number) => n.toFixed(1);
  return `| ${name} | ${frames.length} | ${f(mean)} | ${f(quantile(sorted, 0.9))} | ${f(quantile(sorted, 0.99))} | ${f(sorted[sorted.length - 1] ?? 0)} | ${missed} (${((100 * missed) / Math.max(1, missed + frames.length)).toFixed(1)} %) | ${tasks.length ? ms(Math.max(...tasks)) : 'none over 50 ms'} | ${shift} |`;
}

async function cost(cdp: CDPSession): Promise<{ heap: number; nodes: number; listeners: number }> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { heap: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

test(`a library of ${COUNT} photos`, async ({ browser }) => {
  // Made once and kept: the next run is quicker.
  const data = join(root, 'target', `bench-page-${COUNT}`);
  const seeded = join(data, 'seeded');
  const say = (line: string) => console.log(line);
  let stack = await Stack.start(['--data-dir', data]);
  try {
    if (!existsSync(seeded)) {
      const real = makePhotos(24, { seed: 5, days: 20 });
      const api = await Api.of(stack, USER);
      await api.upload(real);
      await api.settled(real);
      const claims = Buffer.from((await stack.token(USER)).split('.')[1] ?? '', 'base64url').toString();
      const { sub } = JSON.parse(claims) as { sub: string };
      await stack.stop();
      say(execFileSync(seedBinary, [data, sub, String(COUNT - real.length)]).toString().trim().split('\n').at(-1) ?? '');
      writeFileSync(seeded, '');
      stack = await Stack.start(['--data-dir', data]);
    }

    const base = { baseURL: stack.addresses.page, locale: 'en-GB', timezoneId: 'Europe/Vienna', viewport: { width: 1440, height: 900 } };
    const first = await browser.newContext(base);
    const door = await first.newPage();
    await door.goto('/');
    await door.getByLabel('Keep me signed in on this device').check();
    await door.getByRole('button', { name: 'Sign in' }).click();
    await door.locator('input[name=name]').fill(USER);
    await door.getByRole('button', { name: 'Sign in' }).click();
    await expect(door.locator('[data-id]').first()).toBeVisible();
    const storageState = await first.storageState();
    const media = join(data, 's3/buckets/tintype-vault/media');
    const variants = new Map<string, string>();
    for (const user of readdirSync(media)) for (const id of readdirSync(join(media, user))) for (const generation of readdirSync(join(media, user, id))) if (!variants.has(generation)) variants.set(generation, join(media, user, id, generation));
    /** A million files for 200,000 thumbs would take longer than all of this: each is laid out when it is first asked for. */
    const layOut = async (context: BrowserContext): Promise<void> => {
      await context.route(/\/media\//, async (route) => {
        const [, , user = '', id = '', generation = '', name = ''] = new URL(route.request().url()).pathname.split('/');
        const folder = join(media, user, id, generation, name);
        const from = join(variants.get(generation) ?? '', name);
        if (!existsSync(folder)) {
          const version = readdirSync(from)[0] ?? '';
          const record = JSON.parse(readFileSync(join(from, version, 'record.json'), 'utf8')) as { key: string };
          mkdirSync(join(folder, version), { recursive: true });
          linkSync(join(from, version, 'content'), join(folder, version, 'content'));
          writeFileSync(join(folder, version, 'record.json'), JSON.stringify({ ...record, key: `media/${user}/${id}/${generation}/${name}` }));
        }
        await route.continue();
      });
    };
    await first.close();

    // Opened anew, with nothing in the cache.
    const opened: { first: number; all: number }[] = [];
    for (let i = 0; i < 5; i++) {
      const context = await browser.newContext({ ...base, storageState });
      await context.addInitScript(instruments);
      await layOut(context);
      const page = await context.newPage();
      await page.goto('/');
      await page.waitForFunction(() => (globalThis as unknown as { bench: { all: number } }).bench.all > 0);
      opened.push(await page.evaluate(() => {
        const { bench } = globalThis as unknown as { bench: { first: number; all: number } };
        return { first: bench.first, all: bench.all };
      }));
      storageState.origins = (await context.storageState()).origins;
      await context.close();
    }
    say(`opened: ${JSON.stringify(opened)}`);

    const context = await browser.newContext({ ...base, storageState });
    await context.addInitScript(instruments);
    await layOut(context);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    await page.goto('/');
    await expect(page.locator('[data-id] img.there').first()).toBeVisible();
    await page.waitForTimeout(2000);

    // Any month: by the scrubber, all along it; then to the two heaps, by date.
    const jumps: { where: string; first: number; all: number }[] = [];
    const measured = async (act: () => Promise<void>): Promise<void> => {
      await page.evaluate(() => Object.assign((globalThis as unknown as { bench: object }).bench, { first: 0, all: 1 }));
      const start = await page.evaluate(() => performance.now());
      await act();
      // The clock starts before the click; the first frame after it still shows the old place, so it must have moved.
      await page.evaluate(() => Object.assign((globalThis as unknown as { bench: object }).bench, { first: 0, all: 0 }));
      await page.waitForFunction(() => (globalThis as unknown as { bench: { all: number } }).bench.all > 0, undefined, { timeout: 20_000 }).catch(() => undefined);
      const { first, all } = await page.evaluate(() => (globalThis as unknown as { bench: { first: number; all: number } }).bench);
      const where = await page.locator('.sticky .label b').textContent();
      jumps.push({ where: where ?? '', first: first - start, all: all - start });
    };
    const box = (await page.getByRole('slider', { name: 'Date' }).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const places = Array.from({ length: 24 }, (_, i) => ((i * 11) % 24) / 23);
    for (const place of places) await measured(() => page.mouse.click(box.x + 40, box.y + 22 + place * (box.height - 46)));
    for (const day of ['2018-07-14', '2012-03-02', '1999-07-01']) {
      await page.keyboard.press('g');
      await page.getByLabel('Show photos from').fill(day);
      await measured(() => page.keyboard.press('Enter'));
    }
    say(`jumps: ${jumps.map(({ where, first, all }) => `${where} ${ms(first)}/${ms(all)}`).join(', ')}`);

    // Steadily, at four views a second, through what was never loaded; and back over what is.
    await page.mouse.move(600, 500);
    await page.keyboard.press('Escape');
    await page.mouse.click(box.x + 40, box.y + 22 + 0.2 * box.height);
    await page.waitForTimeout(1500);
    const wheel = async (seconds: number, pixels: number) => {
      const until = Date.now() + seconds * 1000;
      while (Date.now() < until) await cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x: 600, y: 500, deltaX: 0, deltaY: pixels });
    };
    const fresh = await collect(page, () => wheel(10, 60));
    const again = await collect(page, () => wheel(10, -60));

    // From end to end.
    await page.locator('[data-id]').first().focus();
    await page.keyboard.press('Control+Home');
    await page.waitForTimeout(1500);
    const before = await cost(cdp);
    let most = 0;
    const deadline = Date.now() + 90_000;
    const end = page.getByText(/^That is everything: /);
    const span = await collect(page, async () => {
      for (let i = 0; i < 4000; i++) {
        // A dozen views at a time, each of them painted.
        for (let k = 0; k < 10; k++) {
          await cdp.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x: 600, y: 500, deltaX: 0, deltaY: 10_000 });
          await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
        }
        most = Math.max(most, await page.evaluate(() => document.querySelectorAll('*').length));
        if (Date.now() > deadline || (await page.locator('.timeline').evaluate((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 2))) break;
      }
    });
    await page.waitForTimeout(1500);
    const atEnd = await cost(cdp);
    const last = (await end.count()) ? await end.textContent() : 'not reached';
    await page.locator('[data-id]').last().focus();
    await page.keyboard.press('Control+Home');
    await page.waitForTimeout(2000);
    const back = await cost(cdp);

    const mid = (list: readonly number[]) => quantile(asc(list), 0.5);
    const worst = (list: readonly number[]) => Math.max(...list);
    const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD']).toString().trim();
    const memory = (name: string, now: typeof before) => `| ${name} | ${now.heap.toFixed(1)} MB | ${now.nodes} | ${now.listeners} |`;
    const text = `# The page with ${COUNT.toLocaleString('en')} photos

Written by \`make bench-page\` (\`tests/browser/bench/library.bench.ts\`); do not edit. ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${cpus().length} × ${cpus()[0]?.model ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GB; headless Chromium ${browser.version()} without a GPU, 1440 × 900, against the unoptimised build that \`make run\` makes. The photos: 1999 to 2026, one day with 20,000, one second with 20,000, three years with none; 24 different pictures. Load average of the machine meanwhile: ${loadavg()[1]?.toFixed(1) ?? ''}.

| | median | worst | goal |
|---|---|---|---|
| opened anew: first thumbnail (${opened.length} times) | ${ms(mid(opened.map((o) => o.first)))} | ${ms(worst(opened.map((o) => o.first)))} | 1,500 ms |
| opened anew: all thumbnails in view | ${ms(mid(opened.map((o) => o.all)))} | ${ms(worst(opened.map((o) => o.all)))} | |
| jump to a month: first thumbnail (${jumps.length} places) | ${ms(mid(jumps.map((j) => j.first)))} | ${ms(worst(jumps.map((j) => j.first)))} | 1,000 ms |
| jump to a month: all thumbnails in view | ${ms(mid(jumps.map((j) => j.all)))} | ${ms(worst(jumps.map((j) => j.all)))} | |

Frames, in ms; a frame is due every 16.7. The driver shares the machine's cores with what it measures.

| scrolling | frames | average | 90th | 99th | worst | missed | longest task (goal: 200 ms) | layout shift (goal: 0) |
|---|---|---|---|---|---|---|---|---|
${frameLine('steadily, over what was never loaded', fresh)}
${frameLine('steadily, back', again)}
${frameLine('from the newest to the oldest', span)}

| memory, after collection | heap | DOM nodes kept | listeners |
|---|---|---|---|
${memory('at the newest', before)}
${memory('at the oldest', atEnd)}
${memory('at the newest again', back)}

At most ${most} elements in the document at any time (goal: 2,000). The end says: “${last}”${faults.length ? ` Console: ${faults.join('; ')}` : ''}
`;
    writeFileSync(join(root, 'docs/BENCHMARKS-PAGE.md'), text);
    say(text);
  } finally {
    await stack.stop();
  }
});
