// How many originals are fetched in which way. Folders and zips come with the page's full form.

export type Plan = 'one' | 'several' | 'too_many';

export const SEVERAL = 20;

export function downloadPlan(count: number): Plan {
  return count <= 1 ? 'one' : count <= SEVERAL ? 'several' : 'too_many';
}
