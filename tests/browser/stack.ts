// The real local process: page, API, S3, catalog, sign-in. No mocks.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = new URL('../..', import.meta.url).pathname;
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

export const binary = process.env.TINTYPE_LOCAL ?? join(target, 'debug', 'tintype-local');
export const seedBinary = join(target, 'debug', 'tintype-seed');
export const photosFolder = join(root, '..', 'shared', 'photos');

const STOP_MS = 60_000;

export interface Addresses {
  page: string;
  s3: string;
  issuer: string;
  data_dir: string;
}

export class Stack {
  private constructor(
    private readonly child: ChildProcess,
    readonly addresses: Addresses,
    /** What it said on stderr, so far. */
    readonly log: readonly string[],
  ) {}

  static async start(more: string[] = []): Promise<Stack> {
    if (!existsSync(binary)) throw new Error(`${binary} is not built: cargo build -p tintype-local`);
    const page = join(root, 'frontend-static', 'dist');
    if (!existsSync(join(page, 'index.html'))) throw new Error('the page is not built: npm run build -w frontend-static');
    const child = spawn(binary, [...(more.includes('--data-dir') ? [] : ['--ephemeral']), '--port', '0', '--print-json', '--page-dir', page, '--keeper-every', '5', ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      new Promise<string>((done) => lines.once('line', done)),
      new Promise<never>((_, failed) => child.once('exit', (code) => failed(new Error(`it ended with ${code}:\n${log.join('\n')}`)))),
    ]);
    return new Stack(child, JSON.parse(first) as Addresses, log);
  }

  /** Asks it to end, as Ctrl-C does. It says goodbye within some ten seconds; if not, that is a fault of its own. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<true>((done) => child.once('exit', () => done(true)));
    child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((done) => (timer = setTimeout(() => done(false), STOP_MS)));
    const stopped = await Promise.race([ended, late]);
    clearTimeout(timer);
    if (stopped) return;
    child.kill('SIGKILL');
    throw new Error(`it did not end within ${STOP_MS / 1000} s of SIGTERM:\n${this.log.slice(-20).join('\n')}`);
  }

  /** An access token for a script: the same sign-in that the page goes through, by hand. */
  async token(user: string): Promise<string> {
    const { page, issuer } = this.addresses;
    const config = (await (await fetch(`${page}/config.json`)).json()) as { client_id: string; scope: string };
    const server = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as { authorization_endpoint: string; token_endpoint: string };
    const verifier = randomBytes(32).toString('base64url');
    const redirect_uri = `${page}/callback`;
    const ask = new URL(server.authorization_endpoint);
    ask.search = new URLSearchParams({
      response_type: 'code', client_id: config.client_id, redirect_uri, scope: config.scope, state: 'script', nonce: 'script',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
    }).toString();
    const form = await fetch(ask);
    const action = /<form[^>]*action="([^"]+)"/.exec(await form.text())?.[1]?.replaceAll('&amp;', '&');
    if (!action) throw new Error(`no sign-in form at ${form.url}`);
    const answer = await fetch(new URL(action, form.url), { method: 'POST', body: new URLSearchParams({ name: user }), redirect: 'manual' });
    const code = new URL(answer.headers.get('location') ?? '', form.url).searchParams.get('code');
    if (!code) throw new Error(`no code: ${answer.status} ${answer.headers.get('location') ?? ''}`);
    const tokens = await fetch(server.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: config.client_id, redirect_uri, code, code_verifier: verifier }),
    });
    if (!tokens.ok) throw new Error(`no token: ${tokens.status} ${await tokens.text()}`);
    return ((await tokens.json()) as { access_token: string }).access_token;
  }
}
