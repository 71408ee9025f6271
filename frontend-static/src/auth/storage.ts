// Which store holds what. The access token is never stored; the refresh token is, in sessionStorage, or in
// localStorage for whoever ticked the box; what a sign-in under way needs is keyed by its `state` and used once.

export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Pending {
  verifier: string;
  nonce: string;
  returnTo: string;
  keep: boolean;
  popup?: boolean;
}

const REFRESH = 'tintype.refresh';
const WAS_HERE = 'tintype.was_signed_in';
const pendingKey = (state: string) => `tintype.pending.${state}`;

export class AuthStorage {
  constructor(
    private readonly tab: Store,
    private readonly device: Store,
  ) {}

  refreshToken(): string | null {
    return this.tab.getItem(REFRESH) ?? this.device.getItem(REFRESH);
  }

  /** Whether what is used here is what the device keeps. */
  get keep(): boolean {
    return this.tab.getItem(REFRESH) === null && this.device.getItem(REFRESH) !== null;
  }

  saveRefreshToken(token: string, keep: boolean): void {
    (keep ? this.device : this.tab).setItem(REFRESH, token);
    if (keep) this.tab.removeItem(REFRESH);
    this.device.setItem(WAS_HERE, '1');
  }

  /** Whether somebody was signed in on this device and did not sign out: then Cognito's own cookie may be enough. */
  wasHere(): boolean {
    return this.device.getItem(WAS_HERE) !== null;
  }

  /** Of this tab only: what the device keeps may be somebody else's by now. */
  forgetTab(): void {
    this.tab.removeItem(REFRESH);
  }

  /** This one, wherever it is: what another tab keeps for somebody else stays. */
  forget(token: string | null): void {
    for (const store of [this.tab, this.device]) if (store.getItem(REFRESH) === token) store.removeItem(REFRESH);
  }

  /** Nobody is sent to sign in unasked any more. */
  forgetVisit(): void {
    this.device.removeItem(WAS_HERE);
  }

  savePending(state: string, pending: Pending): void {
    this.tab.setItem(pendingKey(state), JSON.stringify(pending));
  }

  /** Once: a second callback with the same state finds nothing. */
  takePending(state: string): Pending | null {
    const text = this.tab.getItem(pendingKey(state));
    this.tab.removeItem(pendingKey(state));
    if (!text) return null;
    try {
      return JSON.parse(text) as Pending;
    } catch {
      return null;
    }
  }
}

/** Refresh this long before the token ends, so that no request starts with a token that ends under way. */
export const REFRESH_BEFORE_MS = 60_000;

export const expiresAt = (expiresIn: number | undefined, now: number): number => now + (expiresIn ?? 300) * 1000;
export const isFresh = (expires: number, now: number): boolean => now < expires - REFRESH_BEFORE_MS;

/** The claims of a token that the issuer gave us: for names on the screen, never for a decision. */
export function claims(jwt: string): Record<string, unknown> {
  try {
    const body = jwt.split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
