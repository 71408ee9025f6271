// Signing in again in a small window, which hands the tokens back and closes.
import type { Oidc, Tokens } from './oidc';
import { AuthStorage } from './storage';

/** False when the issuer cannot be reached. */
export async function signInWindow(popup: Window, oidc: Oidc, keep: boolean, done: (got: Tokens) => void): Promise<boolean> {
  try {
    const { url, state, nonce, verifier } = await oidc.authorize();
    // The window has a store of its own, and a copy of ours from when it was opened.
    new AuthStorage(popup.sessionStorage, localStorage).savePending(state, { verifier, nonce, keep, returnTo: '/', popup: true });
    const channel = new BroadcastChannel(`tintype-auth-${state}`);
    channel.onmessage = ({ data }: MessageEvent<Tokens>) => {
      channel.close();
      done(data);
    };
    popup.location.href = url;
    return true;
  } catch {
    // The page itself goes there, and says what is wrong.
    popup.close();
    return false;
  }
}
