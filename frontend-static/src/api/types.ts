import type { components } from './schema';

type S = components['schemas'];
export type PhotoSummary = S['PhotoSummary'];
export type Photo = S['Photo'];
export type Lookup = S['Lookup'];
export type UploadFile = S['UploadFile'];
export type UploadResult = S['UploadResult'];
export type PresignedRequest = S['PresignedRequest'];
export type ChangeResult = S['ChangeResult'];
export type Month = S['Month'];
export type Me = S['Me'];
export type PreviewState = S['PreviewState'];
