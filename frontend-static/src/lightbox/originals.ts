// Originals shown in the viewer: fetched only when a person asks for one, and kept while the viewer is open.
import { getOriginal } from '../api/photos';

export class Originals {
  private readonly urls = new Map<string, string>();

  has(id: string): boolean {
    return this.urls.has(id);
  }

  async get(id: string): Promise<string> {
    const known = this.urls.get(id);
    if (known) return known;
    const { url } = await getOriginal(id);
    // As a blob: images come from the page's own origin alone, and this one lies in the vault.
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the vault answered ${response.status}`);
    const made = URL.createObjectURL(await response.blob());
    this.urls.set(id, made);
    return made;
  }

  forget(): void {
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
  }
}
