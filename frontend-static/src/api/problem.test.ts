import { describe, expect, it } from 'vitest';
import { asProblem, problemFrom } from './problem';

describe('a problem', () => {
  it('of our own code keeps its words', () => {
    const problem = problemFrom(404, { type: '/problems/not-found', title: 'Not found', status: 404, detail: 'No such photo.', instance: 'abc' });
    expect(problem).toMatchObject({ status: 404, title: 'Not found', detail: 'No such photo.', kind: 'rejected', instance: 'abc' });
  });
  it('of API Gateway is read too', () => {
    expect(problemFrom(401, { message: 'Unauthorized' })).toMatchObject({ title: 'Unauthorized', kind: 'unauthorised' });
    expect(problemFrom(429, { message: 'Too Many Requests' }, '7')).toMatchObject({ kind: 'unavailable', retryAfter: 7 });
    expect(problemFrom(503, { message: 'Service Unavailable' }, 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfter).toBeUndefined();
  });
  it('shows no page of somebody else', () => {
    expect(problemFrom(502, '<html><body>nginx</body></html>').message).toBe('Tintype did not answer as it should');
    expect(problemFrom(400, { title: 7, detail: {} }).message).toBe('Tintype refused the request');
  });
  it('of the network is being offline', () => {
    expect(asProblem(new TypeError('Failed to fetch'))).toMatchObject({ status: 0, kind: 'offline' });
  });
});
