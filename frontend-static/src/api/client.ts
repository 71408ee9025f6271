// The typed client: bearer token, one refresh on 401, errors as ApiProblem. Types come from docs/openapi.json; at run
// time it is one fetch, which keeps a client library out of what must arrive before the first photo.
import { ApiProblem, asProblem, problemFrom } from './problem';
import type { paths } from './schema';

export interface TokenSource {
  token(): Promise<string | null>;
  /** After a 401: forget this token and get another, or null when the session has ended. */
  renew(stale: string): Promise<string | null>;
}

let tokens: TokenSource | null = null;
export const useTokens = (source: TokenSource): void => void (tokens = source);

async function authorised(request: Request): Promise<Response> {
  const token = await tokens?.token();
  if (!token) throw new ApiProblem(401, 'You are signed out', undefined, 'unauthorised');
  const spare = request.clone();
  request.headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(request);
  if (response.status !== 401) return response;
  const fresh = await tokens?.renew(token);
  if (!fresh) return response;
  spare.headers.set('Authorization', `Bearer ${fresh}`);
  return fetch(spare);
}

type Method = 'get' | 'post' | 'patch' | 'delete';
type Json<C> = { content: { 'application/json': C } };
/** Paths that know the method. */
type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: object } ? P : never }[keyof paths];
type Answer<O> = O extends { responses: { 200: Json<infer A> } } | { responses: { 202: Json<infer A> } } ? A : unknown;
type Part<O, K extends 'path' | 'query'> = O extends { parameters: { [key in K]?: infer V } } ? NonNullable<V> : never;
type Body<O> = O extends { requestBody: Json<infer B> } ? B : never;

interface Asked<O> {
  path?: Part<O, 'path'>;
  query?: Partial<Part<O, 'query'>>;
  body?: Body<O>;
  signal?: AbortSignal | undefined;
}

/** Asks the API: the answer, or the problem thrown. */
export async function ask<M extends Method, P extends PathOf<M>>(method: M, path: P, asked: Asked<paths[P][M]> = {}): Promise<Answer<paths[P][M]>> {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((asked.path as Record<string, unknown> | undefined)?.[name])));
  const query = new URLSearchParams(Object.entries(asked.query ?? {}).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])));
  const body = asked.body === undefined ? {} : { body: JSON.stringify(asked.body), headers: { 'Content-Type': 'application/json' } };
  let response: Response;
  try {
    response = await authorised(new Request(`${filled}${query.size ? `?${query}` : ''}`, { method: method.toUpperCase(), signal: asked.signal ?? null, ...body }));
  } catch (error) {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : asProblem(error);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw problemFrom(response.status, answer, response.headers.get('retry-after'));
  if (answer === undefined) throw asProblem(undefined);
  return answer as Answer<paths[P][M]>;
}
