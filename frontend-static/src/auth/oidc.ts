// OpenID Connect, authorization code with PKCE, through oauth4webapi. No implicit flow, no iframe, no secret.
import * as oauth from 'oauth4webapi';
import { isLoopback, type Config } from '../config-guard';

export interface Tokens {
  access: string;
  refresh: string | undefined;
  expiresIn: number | undefined;
  id: string | undefined;
}

export class Oidc {
  private server: Promise<oauth.AuthorizationServer> | null = null;
  private readonly client: oauth.Client;
  private readonly insecure: { [oauth.allowInsecureRequests]?: boolean };

  constructor(
    readonly config: Config,
    private readonly origin: string,
  ) {
    this.client = { client_id: config.client_id };
    this.insecure = isLoopback(new URL(config.issuer)) ? { [oauth.allowInsecureRequests]: true } : {};
  }

  private get redirectUri(): string {
    return `${this.origin}/callback`;
  }

  discover(): Promise<oauth.AuthorizationServer> {
    this.server ??= (async () => {
      const issuer = new URL(this.config.issuer);
      const response = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...this.insecure });
      return oauth.processDiscoveryResponse(issuer, response);
    })().catch((error: unknown) => {
      this.server = null;
      throw error;
    });
    return this.server;
  }

  /** The address to go to, and what must be remembered until the way back. */
  async authorize(): Promise<{ url: string; state: string; nonce: string; verifier: string }> {
    const server = await this.discover();
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(server.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.config.client_id,
      redirect_uri: this.redirectUri,
      scope: this.config.scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    return { url: url.href, state, nonce, verifier };
  }

  async exchange(callback: URLSearchParams, state: string, nonce: string, verifier: string): Promise<Tokens> {
    const server = await this.discover();
    const parameters = oauth.validateAuthResponse(server, this.client, callback, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server, this.client, oauth.None(), parameters, this.redirectUri, verifier, this.insecure,
    );
    const wantsId = this.config.scope.split(' ').includes('openid');
    const result = await oauth.processAuthorizationCodeResponse(server, this.client, response, {
      ...(wantsId && { expectedNonce: nonce, requireIdToken: true }),
    });
    return tokens(result);
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    const server = await this.discover();
    const response = await oauth.refreshTokenGrantRequest(server, this.client, oauth.None(), refreshToken, this.insecure);
    return tokens(await oauth.processRefreshTokenResponse(server, this.client, response));
  }
}

function tokens(result: oauth.TokenEndpointResponse): Tokens {
  return { access: result.access_token, refresh: result.refresh_token, expiresIn: result.expires_in, id: result.id_token };
}

/** Whether the issuer said no (the session has ended), as opposed to not answering. */
export function isRefusal(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError;
}

export function refusalCode(error: unknown): string | null {
  return error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError ? error.error : null;
}
