// Prints what the page weighs, gzipped: JavaScript and CSS that index.html loads at once, and each lazily loaded part.
// Fails above the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist', import.meta.url).pathname;
const gz = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
const html = readFileSync(join(dist, 'index.html'), 'utf8');

const initial = new Set();
const follow = (path) => {
  if (initial.has(path)) return;
  initial.add(path);
  if (!path.endsWith('.js')) return;
  const code = readFileSync(join(dist, path), 'utf8');
  // Static imports only: `import ... from "./x.js"` and `import "./x.js"`.
  for (const [, name] of code.matchAll(/(?:^|[;\s}])import\s*(?:[\w${},*\s]+from\s*)?["']\.\/([\w.-]+\.js)["']/g))
    follow(`assets/${name}`);
};
for (const [, path] of html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)) follow(path);

const sum = (extension) => [...initial].filter((path) => path.endsWith(extension)).reduce((n, path) => n + gz(path), 0);
const lazy = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`).filter((path) => !initial.has(path));
const rows = [
  ['initial JavaScript', sum('.js'), 55_000],
  ['initial CSS', sum('.css'), 8_192],
  ...lazy.map((path) => [path.replace(/-[\w-]{8}\./, '.'), gz(path), /lightbox/.test(path) ? 26_000 : /worker/.test(path) ? 22_000 : 26_000]),
];

let over = false;
console.log('gzipped bytes (budget)');
for (const [name, size, budget] of rows) {
  const bad = size > budget;
  over ||= bad;
  console.log(`${bad ? '✗' : ' '} ${String(size).padStart(7)} (${budget})  ${name}`);
}
if (over) process.exit(1);
