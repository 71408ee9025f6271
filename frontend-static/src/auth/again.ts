// Signing in again in a small window, which hands the tokens back and closes.
import type { Oidc, Tokens } from './oidc';
import type { AuthStorage } from './storage';

/** False where no window is to be had: on phones, where it is blocked, or when the issuer cannot be reached. */
export async function signInWindow(oidc: Oidc, storage: AuthStorage, keep: boolean, done: (got: Tokens) => void): Promise<boolean> {
  if (matchMedia('(pointer: coarse)').matches) return false;
  try {
    const { url, state, nonce, verifier } = await oidc.authorize();
    storage.savePending(state, { verifier, nonce, keep, returnTo: '/', popup: true });
    const channel = new BroadcastChannel(`tintype-auth-${state}`);
    channel.onmessage = ({ data }: MessageEvent<Tokens>) => {
      channel.close();
      done(data);
    };
    if (window.open(url, 'tintype-sign-in', 'popup,width=480,height=680')) return true;
    channel.close();
  } catch {
    // The page itself goes there, and says what is wrong.
  }
  return false;
}
