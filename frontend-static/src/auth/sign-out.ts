// Signing out: asked first while files are still to be sent. Loaded when it is asked for.
import { mount, unmount } from 'svelte';
import { board } from '../upload/board.svelte';
import { leftToSend } from '../upload/stats';
import SignOut from '../ui/SignOut.svelte';
import type { Oidc } from './oidc';
import { session } from './session.svelte';

export function signOut(): void {
  const left = leftToSend(board.stats);
  if (left === 0) return void leave();
  const target = document.getElementById('over') as HTMLElement;
  const onclose = (out: boolean): void => {
    void unmount(asked);
    if (out) void leave();
  };
  const asked = mount(SignOut, { target, props: { left, onclose } });
}

async function leave(): Promise<void> {
  const { oidc, token, idToken } = session.forget();
  // Best effort: a token that cannot be revoked still ends by itself.
  if (token) await revoke(oidc, token).catch(() => undefined);
  const url = await endSessionUrl(oidc, idToken).catch(() => null);
  location.assign(url ?? '/');
}

/** RFC 7009, of a public client. */
async function revoke(oidc: Oidc, token: string): Promise<void> {
  const { client_id, revocation_endpoint } = oidc.config;
  const endpoint = revocation_endpoint ?? (await oidc.discover()).revocation_endpoint;
  if (endpoint) await fetch(endpoint, { method: 'POST', body: new URLSearchParams({ token, client_id }) });
}

/** Where the issuer's own session ends. OpenID Connect's parameter and Cognito's: each ignores the other's. */
async function endSessionUrl(oidc: Oidc, idToken: string | null): Promise<string | null> {
  const endpoint = oidc.config.end_session_endpoint ?? (await oidc.discover()).end_session_endpoint;
  if (!endpoint) return null;
  const url = new URL(endpoint);
  url.searchParams.set('client_id', oidc.config.client_id);
  url.searchParams.set('logout_uri', `${location.origin}/`);
  url.searchParams.set('post_logout_redirect_uri', `${location.origin}/`);
  if (idToken) url.searchParams.set('id_token_hint', idToken);
  return url.href;
}
