// Who is signed in. One object for the page; the only one that holds a token.
import type { TokenSource } from '../api/client';
import { asProblem } from '../api/problem';
import type { Config } from '../config-guard';
import { surely } from '../lib/parts.svelte';
import { safeReturn } from '../lib/routes';
import { words } from '../lib/strings';
import { isRefusal, Oidc, refusalCode, type Tokens } from './oidc';
import { AuthStorage, claims, expiresAt, isFresh } from './storage';

export type Status = 'starting' | 'signed_out' | 'signing_in' | 'signed_in' | 'ended';

class Session implements TokenSource {
  status = $state<Status>('starting');
  /** Whose library this is: part of the address of every image. */
  user = $state('');
  /** How the issuer names them. */
  name = $state('');
  /** Why the last sign-in was not finished. */
  fault = $state<string | null>(null);

  private oidc!: Oidc;
  private storage!: AuthStorage;
  private access: string | null = null;
  private idToken: string | null = null;
  private expires = 0;
  private renewal: Promise<string | null> | null = null;
  private kept = false;
  /** It goes to another page for good: nothing here waits for anybody. */
  leaving = false;
  /** Between the tabs of this browser: who signed out. */
  private readonly out = new BroadcastChannel('tintype-out');

  /** Decides who is here. Returns the path to show. */
  async start(config: Config): Promise<string> {
    this.storage = new AuthStorage(sessionStorage, localStorage);
    this.oidc = new Oidc(config, location.origin);
    this.out.onmessage = ({ data }) => {
      if (data !== this.user) return;
      this.storage.forgetTab();
      this.leave();
    };
    const path = location.pathname;
    if (path === '/callback') return this.finish(new URLSearchParams(location.search));
    if (this.storage.refreshToken()) {
      try {
        if (await this.refresh()) return path;
      } catch (error) {
        this.fault = asProblem(error).message;
      }
      this.status = 'signed_out';
      return path;
    }
    this.status = 'signed_out';
    if (this.storage.wasHere()) await this.signIn(false, path);
    return path;
  }

  async signIn(keep: boolean, returnTo: string = location.pathname): Promise<void> {
    this.fault = null;
    this.status = 'signing_in';
    try {
      const { url, state, nonce, verifier } = await this.oidc.authorize();
      this.storage.savePending(state, { verifier, nonce, keep, returnTo: safeReturn(returnTo) });
      location.assign(url);
    } catch {
      this.status = 'signed_out';
      this.fault = words.signIn.unreachable;
    }
  }

  /** After the session ended, in a window of its own: place and queue survive. Where no window is to be had, as before. */
  async signInAgain(): Promise<void> {
    // In the click itself: a moment later some browsers would not open it.
    const popup = matchMedia('(pointer: coarse)').matches ? null : open('', 'tintype-sign-in', 'popup,width=480,height=680');
    const opened = popup && (await surely(() => import('./again'))).signInWindow(popup, this.oidc, this.kept, (got) => this.accept(got, this.kept));
    if (!(await opened)) await this.signIn(this.kept);
  }

  private async finish(callback: URLSearchParams): Promise<string> {
    // The code must not stay in the address, whatever comes of it.
    history.replaceState(null, '', '/callback');
    const state = callback.get('state') ?? '';
    const pending = this.storage.takePending(state);
    this.status = 'signed_out';
    if (!pending) {
      this.fault = words.signIn.notStartedHere;
      this.storage.forgetVisit();
      return '/';
    }
    try {
      const got = await this.oidc.exchange(callback, state, pending.nonce, pending.verifier);
      if (pending.popup) {
        new BroadcastChannel(`tintype-auth-${state}`).postMessage(got);
        this.status = 'starting';
        window.close();
      } else this.accept(got, pending.keep);
    } catch (error) {
      this.fault = words.signIn.notFinished(callback.get('error') ?? refusalCode(error) ?? 'no answer');
      this.storage.forgetVisit();
    }
    return pending.returnTo;
  }

  private accept(got: Tokens, keep: boolean): void {
    // Whoever it is of: the one before it may be worth nothing any more.
    if (got.refresh) this.storage.saveRefreshToken(got.refresh, keep);
    const sub = String(claims(got.access).sub ?? '');
    // Somebody else, who signed in in another tab: nothing of what is on the screen is theirs, and nothing goes to them.
    if (this.user && this.user !== sub) return this.leave();
    this.access = got.access;
    this.kept = keep;
    this.expires = expiresAt(got.expiresIn, Date.now());
    if (got.id) this.idToken = got.id;
    const who = { ...claims(got.access), ...(got.id && claims(got.id)) };
    this.user = sub;
    this.name = String(who.email ?? who.name ?? who.preferred_username ?? who['cognito:username'] ?? who.username ?? who.sub ?? '');
    this.status = 'signed_in';
  }

  /** What is on the screen is nobody's any more: the page begins anew. */
  private leave(): void {
    this.leaving = true;
    this.access = null;
    this.status = 'starting';
    location.replace('/');
  }

  async token(): Promise<string | null> {
    if (this.leaving || this.status === 'ended' || this.status === 'signed_out') return null;
    if (this.access && isFresh(this.expires, Date.now())) return this.access;
    return this.refresh();
  }

  async renew(stale: string): Promise<string | null> {
    if (this.leaving || this.access !== stale) return this.access;
    return this.refresh();
  }

  /** One at a time in this tab, and one tab at a time: refresh tokens may be rotated. */
  private refresh(): Promise<string | null> {
    if (!this.renewal) {
      const running = Promise.resolve(navigator.locks.request('tintype-auth', () => this.refreshAlone()));
      this.renewal = running.finally(() => (this.renewal = null));
    }
    return this.renewal;
  }

  private async refreshAlone(): Promise<string | null> {
    const token = this.storage.refreshToken();
    if (!token) return this.end(token);
    try {
      this.accept(await this.oidc.refresh(token), this.storage.keep);
      return this.access;
    } catch (error) {
      if (isRefusal(error)) return this.end(token);
      // Not reached: the token may still be good for a minute.
      if (this.access && Date.now() < this.expires) return this.access;
      throw error;
    }
  }

  private end(token: string | null): null {
    this.access = null;
    this.storage.forget(token);
    // Someone who was working keeps their place and is asked; nobody is sent away unasked.
    this.status = this.status === 'starting' ? 'signed_out' : 'ended';
    return null;
  }

  /** Nothing of theirs is left in this browser; what is for the issuer is handed over. */
  forget(): { oidc: Oidc; token: string | null; idToken: string | null } {
    const { oidc, idToken } = this;
    const token = this.storage.refreshToken();
    this.storage.forget(token);
    this.storage.forgetVisit();
    this.out.postMessage(this.user);
    // Asked before: nothing holds the way any more.
    this.leaving = true;
    this.access = null;
    // Nothing to see until the issuer has ended its session too.
    this.status = 'starting';
    return { oidc, token, idToken };
  }
}

export const session = new Session();
