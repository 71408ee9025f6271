// The built page under its own content security policy: nothing inline, nothing foreign, no source maps.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = new URL('../dist', import.meta.url).pathname;
const faults = [];
const html = readFileSync(join(dist, 'index.html'), 'utf8');
if (/<script(?![^>]*\bsrc=)[^>]*>/.test(html)) faults.push('index.html: inline script');
if (/<style|\sstyle=/.test(html)) faults.push('index.html: inline style');
if (/\son[a-z]+=/.test(html)) faults.push('index.html: inline handler');
if (/(?:src|href)="(?:https?:)?\/\//.test(html)) faults.push('index.html: foreign address');

for (const name of readdirSync(join(dist, 'assets'))) {
  if (name.endsWith('.map')) faults.push(`${name}: source map`);
  const text = readFileSync(join(dist, 'assets', name), 'utf8');
  if (name.endsWith('.css') && /@import|url\((?:"|')?https?:/.test(text)) faults.push(`${name}: foreign address`);
  if (name.endsWith('.js')) {
    if (/\bnew Function\(|\beval\(/.test(text)) faults.push(`${name}: eval`);
    // Svelte's templates are markup in strings: a fixed style attribute there breaks the policy when it is parsed.
    if (/<[a-z][^<>`]*\sstyle="[^"]/.test(text)) faults.push(`${name}: style attribute in a template`);
  }
}
if (faults.length) {
  console.error(faults.join('\n'));
  process.exit(1);
}
