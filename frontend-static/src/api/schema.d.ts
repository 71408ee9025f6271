/**
 * Written by hand from shared/core/src/wire.rs until docs/openapi.json is there; `npm run api` replaces it.
 */
export interface paths {
  '/api/photos/lookup': { post: { requestBody: { content: { 'application/json': components['schemas']['PhotoIds'] } }; responses: { 200: Json<'LookupAnswer'> } } };
  '/api/uploads': { post: { requestBody: { content: { 'application/json': components['schemas']['UploadsRequest'] } }; responses: { 200: Json<'UploadsAnswer'> } } };
  '/api/photos': { get: { parameters: { query?: { limit?: number; cursor?: string; from?: string; to?: string; order?: 'asc' | 'desc' } }; responses: { 200: Json<'PhotoPage'> } } };
  '/api/photos/{photo_id}': {
    get: { parameters: { path: { photo_id: string } }; responses: { 200: Json<'Photo'> } };
    delete: { parameters: { path: { photo_id: string } }; responses: { 200: Json<'ChangeResult'> } };
  };
  '/api/photos/trash': { post: { requestBody: { content: { 'application/json': components['schemas']['PhotoIds'] } }; responses: { 200: Json<'ChangeAnswer'> } } };
  '/api/photos/restore': { post: { requestBody: { content: { 'application/json': components['schemas']['PhotoIds'] } }; responses: { 200: Json<'ChangeAnswer'> } } };
  '/api/photos/{photo_id}/original': { get: { parameters: { path: { photo_id: string } }; responses: { 200: Json<'OriginalUrl'> } } };
  '/api/timeline': { get: { responses: { 200: Json<'Timeline'> } } };
  '/api/trash': { get: { parameters: { query?: { limit?: number; cursor?: string } }; responses: { 200: Json<'PhotoPage'> } } };
  '/api/trash/empty': { post: { responses: { 200: Json<'EmptyTrashAnswer'> } } };
  '/api/me': { get: { responses: { 200: Json<'Me'> } } };
  '/api/session': { post: { responses: { 200: Json<'Session'> } } };
}
type Json<S extends keyof components['schemas']> = { content: { 'application/json': components['schemas'][S] } };
export interface components {
  schemas: {
    State: 'storing' | 'stored' | 'trashed' | 'purging' | 'gone';
    LookupState: 'unknown' | 'storing' | 'stored' | 'trashed' | 'purging' | 'gone';
    PreviewState: 'pending' | 'ready' | 'none';
    PreviewReason: 'not_an_image' | 'unsupported' | 'broken' | 'too_large' | 'out_of_memory';
    TakenSource: 'exif' | 'exif_created' | 'xmp' | 'file_name' | 'modified' | 'uploaded';
    PhotoIds: { photo_ids: string[] };
    Lookup: { photo_id: string; state: components['schemas']['LookupState']; safe: boolean; preview?: components['schemas']['PreviewState'] | null; preview_reason?: components['schemas']['PreviewReason'] | null; generation?: string | null };
    LookupAnswer: { photos: components['schemas']['Lookup'][] };
    UploadFile: { sha256: string; size: number; content_type?: string; file_name?: string; modified_at?: string | null; restore?: boolean };
    UploadsRequest: { files: components['schemas']['UploadFile'][] };
    PresignedRequest: { method: string; url: string; headers: { [key: string]: string }; expires_at: string };
    RefusedReason: 'too_large' | 'malformed_checksum';
    UploadOutcome:
      | { outcome: 'known'; generation: string }
      | { outcome: 'upload'; request: components['schemas']['PresignedRequest'] }
      | { outcome: 'deleted'; state: components['schemas']['LookupState'] }
      | { outcome: 'refused'; reason: components['schemas']['RefusedReason']; detail: string };
    UploadResult: { sha256: string } & components['schemas']['UploadOutcome'];
    UploadsAnswer: { results: components['schemas']['UploadResult'][] };
    PhotoSummary: {
      photo_id: string; generation: string; state: components['schemas']['State']; preview: components['schemas']['PreviewState'];
      preview_reason?: components['schemas']['PreviewReason'] | null; taken: string; taken_source: components['schemas']['TakenSource'];
      width?: number | null; height?: number | null; thumbhash?: string | null; camera?: string | null; file_name: string;
      content_type: string; size: number; stored_at?: string | null; trashed_at?: string | null;
    };
    PhotoPage: { photos: components['schemas']['PhotoSummary'][]; next_cursor?: string | null };
    Camera: { make?: string | null; model?: string | null; lens?: string | null; focal_length_mm?: number | null; aperture?: number | null; exposure_s?: number | null; iso?: number | null };
    Place: { latitude: number; longitude: number; altitude_m?: number | null };
    Receipt: { sha256: string; size: number; version_id?: string | null; stored_at?: string | null; audited_at?: string | null };
    Photo: {
      photo_id: string; generation: string; state: components['schemas']['State']; preview: components['schemas']['PreviewState'];
      preview_reason?: components['schemas']['PreviewReason'] | null; taken: string; taken_offset?: string | null;
      taken_source: components['schemas']['TakenSource']; width?: number | null; height?: number | null; thumbhash?: string | null;
      camera?: components['schemas']['Camera'] | null; place?: components['schemas']['Place'] | null; file_name: string; content_type: string;
      modified_at?: string | null; trashed_at?: string | null; purge_after?: string | null; receipt: components['schemas']['Receipt'];
    };
    ChangeOutcome: 'done' | 'already' | 'not_found' | 'too_late' | 'unavailable';
    ChangeResult: { photo_id: string; outcome: components['schemas']['ChangeOutcome'] };
    ChangeAnswer: { results: components['schemas']['ChangeResult'][] };
    OriginalUrl: { url: string; expires_at: string };
    Month: { month: string; count: number; bytes: number };
    Timeline: { months: components['schemas']['Month'][] };
    ReasonCount: { reason: components['schemas']['PreviewReason']; count: number };
    Cost: { usd_month: number; usd_gb_month: number; storage_class: string };
    AuditSummary: { finished_at: string; checked: number; differences: number };
    Me: {
      user_id: string; photos: number; bytes: number; pending: number; without_preview: components['schemas']['ReasonCount'][];
      trash_photos: number; trash_bytes: number; cost: components['schemas']['Cost']; last_audit?: components['schemas']['AuditSummary'] | null; line: string;
    };
    EmptyTrashAnswer: { count: number };
    Session: { expires_at: string };
    Problem: { type: string; title: string; status: number; detail?: string; instance?: string };
  };
}
