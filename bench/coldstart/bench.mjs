// Cold starts: from the start of the process to its first request for an event, and the memory that it has then, of each
// of our functions and of an API in Node, in turns, in one run. Writes docs/COLD_START.md.
// usage: node bench/coldstart/bench.mjs [rounds]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const rounds = Number(process.argv[2] ?? 20);
const functions = ['api', 'processor', 'keeper', 'gatekeeper'];
const bootstrap = (name) => path.join(root, 'target/lambda', `tintype-${name}`, 'bootstrap');

for (const name of functions) {
  if (!existsSync(bootstrap(name))) throw new Error(`${bootstrap(name)} is not built: make bootstraps`);
}
if (!existsSync(path.join(here, 'node_modules'))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
}

// What template.yaml sets, with values that lead nowhere: nothing is asked for before the first event.
const environment = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x',
  AWS_LAMBDA_FUNCTION_NAME: 'x', AWS_LAMBDA_FUNCTION_VERSION: '1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_LOG_GROUP_NAME: 'x', AWS_LAMBDA_LOG_STREAM_NAME: 'x', _HANDLER: 'x',
  UPLOADS_BUCKET: 'uploads', VAULT_BUCKET: 'vault', TABLE: 'catalog', ORIGINALS_CLASS: 'GLACIER_IR',
  ORIGINALS_USD_GB_MONTH: '0.004', MAX_FILE_BYTES: '5368709120', PAGE_ORIGIN: 'https://page.example',
  ISSUER: 'https://issuer.example', JWKS_URL: 'https://issuer.example/jwks.json', CLIENT_IDS: 'page,cli',
  MEDIA_KEY_PARAMETER: '/x/media-key', MEDIA_KEY_PAIR_ID: 'K', PROCESSOR: 'processor', ALLOWED_EMAILS: '@example.com', STACK: 'tintype',
};

/** The highest resident set so far, in MB. */
const peak = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;

function start(command, ...rest) {
  return new Promise((resolve, reject) => {
    let begun, child;
    // Lambda's Runtime API, as far as the first question. Nothing answers: the process has started.
    const stub = http.createServer((request) => {
      const ms = Number(process.hrtime.bigint() - begun) / 1e6;
      if (!request.url.endsWith('/invocation/next')) return;
      const mb = peak(child.pid);
      child.kill('SIGKILL');
      stub.closeAllConnections();
      stub.close(() => resolve({ ms, mb }));
    });
    stub.listen(0, '127.0.0.1', () => {
      const env = { ...environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${stub.address().port}` };
      begun = process.hrtime.bigint();
      child = spawn(command, rest, { env, cwd: here, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (data) => { said += data; });
      child.on('exit', (code, signal) => { if (signal !== 'SIGKILL') reject(new Error(`${command} ended (${code}): ${said}`)); });
    });
  });
}

const measured = Object.fromEntries([...functions, 'node'].map((name) => [name, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const name of functions) measured[name].push(await start(bootstrap(name)));
  measured.node.push(await start(process.execPath, path.join(here, 'node-api.mjs')));
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
}
process.stderr.write('\n');

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const least = (list) => Math.min(...list);
const of = (name, what, how) => how(measured[name].map((one) => one[what]));
const rows = [...functions, 'node'].map((name) => {
  const file = name === 'node' ? null : readFileSync(bootstrap(name));
  const size = file ? [(statSync(bootstrap(name)).size / 1e6).toFixed(1), (gzipSync(file).length / 1e6).toFixed(1)] : ['', ''];
  const label = name === 'node' ? 'Node, express, serverless-http, SDK' : name;
  return `| ${[label, of(name, 'ms', median).toFixed(1), of(name, 'ms', least).toFixed(1), of(name, 'mb', median).toFixed(1), ...size].join(' | ')} |`;
});
const ratio = (what, how) => of('api', what, how) / of('node', what, how);
const goal = (name, found, most) => `| ${name} | ${most.toFixed(3)} | ${found.toFixed(3)} | ${found <= most ? 'yes' : 'no'} |`;
const git = (...rest) => execFileSync('git', rest, { cwd: root, encoding: 'utf8' }).trim();
const version = (name) => JSON.parse(readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8')).version;

const page = `# Cold starts

Written by \`make bench\` (\`bench/coldstart/bench.mjs\`); do not edit. ${new Date().toISOString().slice(0, 10)}, commit ${git('rev-parse', '--short', 'HEAD')}, ${rounds} rounds.

Machine: ${os.cpus()[0].model}, ${os.cpus().length} logical cores, ${os.arch()}, load ${os.loadavg()[0].toFixed(1)} at the end. Node ${process.version}; express ${version('express')}, serverless-http ${version('serverless-http')}, @aws-sdk/client-s3 ${version('@aws-sdk/client-s3')}.

From the start of the process to its first request to Lambda's Runtime API, which a stub answers, and the highest resident set until then. Each is a fresh process; all take turns. Node loads the packages as npm installs them. Lambda's own part (placing the function, unpacking it) is not in here.

| goal: our API against Node | at most | found | met |
| --- | --: | --: | --: |
${goal('time, median', ratio('ms', median), 1 / 20)}
${goal('memory, median', ratio('mb', median), 1 / 4)}

| | ms, median | ms, least | MB | bootstrap, MB | gzipped, MB |
| --- | --: | --: | --: | --: | --: |
${rows.join('\n')}
`;
writeFileSync(path.join(root, 'docs/COLD_START.md'), page);
process.stdout.write(page);
