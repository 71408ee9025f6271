// The other half of the benchmark: sharp, in a process of its own for every measurement. The same words as main.rs:
//
//   node sharp.mjs FORM FILE COUNT [DIR]      CPU milliseconds of COUNT runs after one to warm up, peak memory, bytes
//   node sharp.mjs curve FILE DIR             previews at several qualities, for bytes at equal likeness
//   node sharp.mjs make DIR                   photos for machines that have none
//   node sharp.mjs versions
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

const preview = { width: 2048, height: 2048, fit: 'inside', withoutEnlargement: true };
const thumb = { width: 400, height: 400, fit: 'outside', withoutEnlargement: true };

const forms = {
  // As it is usually written: a pipeline for each variant, both from the buffer, everything at its default.
  async usual(bytes) {
    const make = (size) => sharp(bytes).rotate().resize(size).webp({ quality: 80, effort: 4 }).toBuffer();
    return Promise.all([make(preview), make(thumb)]);
  },
  // Tuned: one sequential decode, the thumb made from the preview, one thread, no cache, the effort that ours has.
  async tuned(bytes) {
    sharp.concurrency(1);
    sharp.cache(false);
    const decoded = sharp(bytes, { sequentialRead: true }).rotate().resize(preview);
    const { data, info } = await decoded.raw().toBuffer({ resolveWithObject: true });
    const reduced = () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
    const webp = { quality: 80, effort: 2 };
    return [await reduced().webp(webp).toBuffer(), await reduced().resize(thumb).webp(webp).toBuffer()];
  },
};

function status(name) {
  const line = fs.readFileSync('/proc/self/status', 'utf8').split('\n').find((line) => line.startsWith(name));
  return Number.parseInt(line.slice(name.length), 10);
}

async function measure(form, file, count, dir) {
  const start = status('VmRSS:');
  const bytes = fs.readFileSync(file);
  const made = await form(bytes);
  const peak = status('VmHWM:') - start;
  const cpu = [];
  for (let run = 0; run < count; run += 1) {
    const before = process.cpuUsage();
    await form(bytes);
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1000);
  }
  if (dir) {
    fs.writeFileSync(path.join(dir, 'preview.webp'), made[0]);
    fs.writeFileSync(path.join(dir, 'thumb.webp'), made[1]);
  }
  return { cpu_ms: cpu, peak_kb: peak, preview: made[0].length, thumb: made[1].length };
}

const QUALITIES = [72, 76, 80, 84, 88];

async function curve(file, dir) {
  const bytes = fs.readFileSync(file);
  for (const quality of QUALITIES) {
    const webp = await sharp(bytes).rotate().resize(preview).webp({ quality, effort: 4 }).toBuffer();
    fs.writeFileSync(path.join(dir, `${quality}.webp`), webp);
  }
  return { qualities: QUALITIES };
}

// Soft shapes with the noise of a sensor, always the same.
async function make(dir) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const [width, height] = [6000, 4000];
  const rgb = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const wave = Math.sin(x / 97) * Math.cos(y / 61) + Math.sin((x + 2 * y) / 13) * 0.3 + Math.sin(x / 900);
      const noise = (random() + random() + random() - 1.5) * 16;
      rgb[at] = Math.max(0, Math.min(255, 120 + 50 * wave + noise));
      rgb[at + 1] = Math.max(0, Math.min(255, 110 + 40 * wave * Math.cos(y / 500) + noise));
      rgb[at + 2] = Math.max(0, Math.min(255, 100 + 60 * Math.sin(y / 700) + noise));
    }
  }
  const raw = { raw: { width, height, channels: 3 } };
  await sharp(rgb, raw).jpeg({ quality: 92 }).toFile(path.join(dir, 'made-24-420.jpg'));
  await sharp(rgb, raw).jpeg({ quality: 92, progressive: true }).toFile(path.join(dir, 'made-24-420-prog.jpg'));
  await sharp(rgb, raw).resize(4032, 2688).jpeg({ quality: 92 }).toFile(path.join(dir, 'made-11-420.jpg'));
  return {};
}

const [what, ...rest] = process.argv.slice(2);
const commands = { curve, make, versions: async () => sharp.versions };
const answer = forms[what]
  ? await measure(forms[what], rest[0], Number(rest[1]), rest[2])
  : await commands[what](...rest);
console.log(JSON.stringify(answer));
