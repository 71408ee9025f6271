// Sets tintype-imaging beside sharp: the same files, in one run, taking turns, every measurement in a process of its
// own. Writes docs/BENCHMARKS.md.
//
//   node bench/imaging/bench.mjs
//
// BENCH_ROUNDS (5) is how often each takes its turn at each file. TINTYPE_PHOTOS, or ../shared/photos beside the
// repository, is where photos are; without them the benchmark makes some.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const photos = process.env.TINTYPE_PHOTOS ?? path.resolve(root, '../shared/photos');

const run = (program, args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
const json = (program, args) => JSON.parse(run(program, args));

console.log('Building …');
execFileSync('cargo', ['build', '--release', '--manifest-path', path.join(here, 'Cargo.toml')], {
  cwd: here,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const { target_directory: target } = json('cargo', [
  'metadata', '--format-version', '1', '--no-deps', '--manifest-path', path.join(here, 'Cargo.toml'),
]);
const ours = path.join(target, 'release/bench-imaging');
if (!fs.existsSync(path.join(here, 'node_modules/sharp'))) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
}
const sharp = (...args) => json(process.execPath, [path.join(here, 'sharp.mjs'), ...args.map(String)]);

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-imaging-'));
const folder = (name) => {
  const dir = path.join(work, name);
  fs.mkdirSync(dir, { recursive: true });
  return dir;
};
const jpegs = (dir) => (fs.existsSync(dir) ? fs.readdirSync(dir) : []).filter((name) => name.endsWith('.jpg')).sort();
sharp('make', folder('made'));
const files = [path.join(photos, 'bench'), folder('made')].flatMap((dir) => jpegs(dir).map((name) => path.join(dir, name)));

const contestants = {
  ours: (file, count, dir) => json(ours, ['render', file, String(count), ...(dir ? [dir] : [])]),
  usual: (file, count, dir) => sharp('usual', file, count, ...(dir ? [dir] : [])),
  tuned: (file, count, dir) => sharp('tuned', file, count, ...(dir ? [dir] : [])),
};
const names = Object.keys(contestants);
const score = (reference, webp) => json(ours, ['score', reference, webp]).score;
const least = (numbers) => Math.min(...numbers);
const geomean = (numbers) => Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);

/// Bytes that sharp needs for a score, between the qualities that were tried; logarithms of bytes are nearly straight.
function bytesAt(curve, wanted) {
  const sorted = curve.toSorted((a, b) => a.score - b.score);
  const first = sorted.findIndex((point) => point.score >= wanted);
  // Beyond either end, the nearest two points are drawn out.
  const above = first < 0 ? sorted.length - 1 : Math.max(1, first);
  const [low, high] = [sorted[above - 1], sorted[above]];
  const part = (wanted - low.score) / (high.score - low.score);
  return Math.exp(Math.log(low.bytes) + part * (Math.log(high.bytes) - Math.log(low.bytes)));
}

const results = [];
for (const file of files) {
  const name = path.basename(file, '.jpg');
  const result = { name, file, megabytes: fs.statSync(file).size / 1e6 };
  for (const who of names) result[who] = { cpu: [], peak: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const who = names[(turn + round) % names.length];
      const dir = folder(`${name}/${who}`);
      const { cpu_ms, peak_kb } = contestants[who](file, 2, dir);
      result[who].cpu.push(...cpu_ms);
      result[who].peak.push(peak_kb / 1024);
    }
  }
  const reference = path.join(work, `${name}.reference`);
  run(ours, ['reference', file, reference]);
  for (const who of names) {
    const webp = path.join(work, name, who, 'preview.webp');
    Object.assign(result[who], { bytes: fs.statSync(webp).size, score: score(reference, webp) });
    result[who].thumb = fs.statSync(path.join(work, name, who, 'thumb.webp')).size;
  }
  const dir = folder(`${name}/curve`);
  const curve = sharp('curve', file, dir).qualities.map((quality) => {
    const webp = path.join(dir, `${quality}.webp`);
    return { bytes: fs.statSync(webp).size, score: score(reference, webp) };
  });
  result.atEqualScore = result.ours.bytes / bytesAt(curve, result.ours.score);
  fs.rmSync(reference);
  results.push(result);
  console.log(`${name}: ${names.map((who) => `${who} ${least(result[who].cpu).toFixed(0)} ms`).join(', ')}`);
}
fs.rmSync(work, { recursive: true });

const ratio = (result, who) => least(result.ours.cpu) / least(result[who].cpu);
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map((_, at) => (at ? '--:' : '---'))), ...rows.map(row)].join('\n');
const overall = (pick) => geomean(results.map(pick)).toFixed(2);

const cpu = table(
  ['photo', 'MB', 'ours, ms', 'sharp, ms', 'sharp tuned, ms', 'ours / sharp', 'ours / tuned'],
  [
    ...results.map((result) => [
      result.name,
      result.megabytes.toFixed(1),
      ...names.map((who) => least(result[who].cpu).toFixed(0)),
      ratio(result, 'usual').toFixed(2),
      ratio(result, 'tuned').toFixed(2),
    ]),
    ['**geomean**', '', '', '', '', `**${overall((r) => ratio(r, 'usual'))}**`, `**${overall((r) => ratio(r, 'tuned'))}**`],
  ],
);
const memory = table(
  ['photo', 'ours, MB', 'sharp, MB', 'sharp tuned, MB'],
  results.map((result) => [result.name, ...names.map((who) => Math.max(...result[who].peak).toFixed(0))]),
);
const quality = table(
  ['photo', 'ours, kB', 'score', 'sharp, kB', 'score', 'tuned, kB', 'score', 'bytes at equal score'],
  [
    ...results.map((result) => [
      result.name,
      ...names.flatMap((who) => [(result[who].bytes / 1000).toFixed(0), result[who].score.toFixed(1)]),
      result.atEqualScore.toFixed(2),
    ]),
    ['**geomean**', '', '', '', '', '', '', `**${overall((r) => r.atEqualScore)}**`],
  ],
);

/// What issue 3 asks for, against what was found. The photos of 12, 24 and 48 MP are those of the folder of photos.
const of = (pattern, measure) => results.filter((result) => pattern.test(result.name)).map((result) => [result.name, measure(result)]);
const toUsual = (result) => ratio(result, 'usual');
const toTuned = (result) => ratio(result, 'tuned');
const peak = (result) => Math.max(...result.ours.peak);
const goals = [
  ['CPU against sharp as usual, 12 and 24 MP', 0.4, of(/^[rs]12|^[rs]24/, toUsual)],
  ['CPU against sharp as usual, 48 MP', 0.5, of(/^s48/, toUsual)],
  ['CPU against sharp tuned, all but 48 MP progressive', 0.75, of(/^(?!.*48.*prog)/, toTuned)],
  ['CPU against sharp tuned, 48 MP progressive', 0.9, of(/48.*prog/, toTuned)],
  ['peak memory, baseline, MB', 40, of(/^(?!.*prog)/, peak)],
  ['peak memory, 48 MP progressive, MB', 170, of(/48.*prog/, peak)],
  ['bytes at equal score', 1.06, of(/^/, (result) => result.atEqualScore)],
];
const goalRows = goals
  .filter(([, , found]) => found.length)
  .map(([what, goal, found]) => {
    const values = found.map(([, value]) => value);
    const missed = found.filter(([, value]) => value > goal).map(([name, value]) => `${name} (${value.toFixed(2)})`);
    return [what, goal, geomean(values).toFixed(2), Math.max(...values).toFixed(2), missed.join(', ') || 'none'];
  });

const versions = sharp('versions');
const commit = run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']).trim();
const text = `# Benchmarks

Written by \`make bench\` (\`bench/imaging/bench.mjs\`); do not edit. ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${rounds} rounds.

Machine: ${os.cpus()[0].model.trim()}, ${os.cpus().length} logical cores, ${os.arch()}, Linux ${os.release()}, load ${os.loadavg()[0].toFixed(1)} at the end. ${run('rustc', ['--version']).trim()}; Node ${process.version}; sharp ${versions.sharp} with libvips ${versions.vips}, libwebp ${versions.webp}.

## Imaging against sharp

From a JPEG in memory to a preview and a thumb in WebP. *ours* is \`tintype_imaging::render\`. *sharp* is as it is usually written: a pipeline for each variant, quality 80, effort 4. *sharp tuned* is one sequential decode, the thumb from the preview, one thread, no cache, effort 2, which is the effort that ours has.

All three take turns in one run, each measurement in a fresh process, warm. CPU is of all threads, the least of ${rounds * 2} runs, since a machine that is shared only ever adds. Memory is the highest resident set of a process that renders one photo once, less what it was before it read the file. The score is SSIMULACRA2 (100 is equal, 70 good) against a resize in 16 bits with Lanczos of three lobes; *bytes at equal score* is our preview against what sharp needs, at effort 4, to be as good.

The photos beginning with *r* are a camera's, those with *s* are made from such photos, and those with *made* are soft shapes under the noise of a sensor, which say much about how noise is treated and little about photos. From a progressive photo of twice the preview's size or more, ours leaves out the last bit of the coefficients, and sharp does not; what that costs is in the score, since the reference is the whole photo.

${table(['goal', 'at most', 'geomean', 'worst', 'missed by'], goalRows)}

### CPU

${cpu}

### Peak memory

${memory}

### Size and quality of the preview

${quality}
`;
fs.writeFileSync(path.join(root, 'docs/BENCHMARKS.md'), text);
console.log(`\n${text}`);
