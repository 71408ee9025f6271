// PhotoSwipe behind our own toolbar. It is used for what it does best: gestures, zoom, the way from tile to picture.
import PhotoSwipe, { type SlideData } from 'photoswipe';
import { mount, unmount } from 'svelte';
import { media } from '../api/media.svelte';
import type { ViewerCommand } from '../lib/keys';
import { photoName } from '../lib/names';
import type { Rec } from '../timeline/buckets';
import { live } from '../ui/toasts.svelte';
import '../styles/lightbox.css';
import Plate from './Plate.svelte';
import Shell from './Shell.svelte';
import { Originals } from './originals';
import { afterRemoval, changeOf, PREVIEW_EDGE, previewSize, renewed, wantsNewer, wantsOlder } from './strand';

export interface Host {
  /** In the trash: restore instead of trash. */
  trashed: boolean;
  strand(id: string): readonly Rec[];
  /** Where the tile of a photo is on the screen now, scrolled to if need be. */
  bounds(id: string): DOMRect | undefined;
  more(side: 'older' | 'newer', at: Rec): void;
  onchange(id: string): void;
  onclose(id: string): void;
  remove(rec: Rec): void;
  download(rec: Rec): void;
  help(): void;
  select(rec: Rec): void;
  undo(): void;
  failed(error: unknown): void;
}

interface Slide extends SlideData {
  rec: Rec;
}

const INFO_KEY = 'tintype.info';
const REST_MS = 2500;
/** Pixels that one press of an arrow moves a zoomed picture. */
const PAN = 120;
/** What a browser shows as it is. */
const FULL = /^image\/(jpeg|png|webp|gif)$/;
const docks = (): boolean => innerWidth >= 900;

export class Lightbox {
  current = $state.raw<Rec>() as Rec;
  panel = $state(sessionStorage.getItem(INFO_KEY) === '1');
  newer = $state(false);
  older = $state(false);
  /** Photos whose picture could not be fetched. */
  failed = $state.raw<ReadonlySet<string>>(new Set());
  /** The picture is shown larger than its preview has pixels, and the original has more. */
  offersFull = $state(false);
  /** The original is being fetched. */
  fetching = $state(false);
  private readonly originals = new Originals();

  private pswp: PhotoSwipe | null = null;
  private shell: Record<string, unknown> | null = null;
  private slides: Slide[] = [];
  private resting: ReturnType<typeof setTimeout> | undefined;
  private reseating = false;
  closing = false;

  constructor(
    readonly host: Host,
    first: Rec,
  ) {
    this.current = first;
  }

  get id(): string {
    return this.current.id;
  }

  open(animate: boolean): void {
    const strand = this.host.strand(this.id);
    const records = strand.length > 0 ? strand : [this.current];
    this.seat(records, Math.max(0, records.findIndex((rec) => rec.id === this.id)), animate);
  }

  private slide(rec: Rec): Slide {
    if (rec.preview !== 'ready' || rec.w === 0) return { rec, type: 'plate', width: 320, height: 320 };
    return { rec, src: media.url(rec, 'preview'), msrc: media.url(rec, 'thumb'), alt: '', ...previewSize(rec.w, rec.h) };
  }

  private seat(records: readonly Rec[], index: number, animate: boolean): void {
    this.slides = records.map((rec) => this.slide(rec));
    const still = !animate || matchMedia('(prefers-reduced-motion: reduce)').matches;
    const pswp = new PhotoSwipe({
      dataSource: this.slides, index, loop: false, preload: [2, 2], wheelToZoom: true, bgOpacity: 1, initialZoomLevel: 'fit', secondaryZoomLevel: 1,
      maxZoomLevel: 4, pinchToClose: true, closeOnVerticalDrag: true, tapAction: () => this.toggleControls(), doubleTapAction: 'zoom', imageClickAction: 'zoom',
      bgClickAction: () => this.close(), escKey: false, arrowKeys: false, trapFocus: false, returnFocus: false, close: false, zoom: false, counter: false, arrowPrev: false, arrowNext: false,
      showHideAnimationType: still ? 'none' : 'zoom', showAnimationDuration: 220, hideAnimationDuration: 220, zoomAnimationDuration: 220, errorMsg: '',
      getViewportSizeFn: () => ({ x: innerWidth - (this.panel && docks() ? 360 : 0), y: this.panel && !docks() ? Math.round(innerHeight * 0.42) : innerHeight }),
      paddingFn: () => (innerWidth < 600 ? { top: 52, bottom: this.panel ? 8 : 56, left: 0, right: 0 } : { top: 56, bottom: 24, left: 0, right: 0 }),
    });
    pswp.addFilter('thumbBounds', (bounds, data) => {
      const box = this.host.bounds((data as Slide).rec.id);
      return box ? { x: box.left, y: box.top, w: box.width } : (bounds as { x: number; y: number; w: number });
    });
    pswp.on('keydown', (event) => event.preventDefault());
    pswp.on('contentLoad', (event) => {
      const { content } = event;
      if (content.type !== 'plate') return;
      event.preventDefault();
      const element = document.createElement('div');
      element.className = 'slide-plate';
      const plate = mount(Plate, { target: element, props: { rec: (content.data as Slide).rec, ondownload: (rec: Rec) => this.host.download(rec) } });
      content.element = element;
      plates.set(element, plate);
      content.onLoaded();
    });
    pswp.on('contentDestroy', ({ content }) => {
      const plate = content.element && plates.get(content.element);
      if (plate) void unmount(plate);
    });
    pswp.on('change', () => this.changed());
    pswp.on('close', () => {
      if (this.reseating || this.closing) return;
      this.closing = true;
      this.originals.forget();
      this.host.onclose(this.id);
    });
    pswp.on('destroy', () => {
      if (this.shell) void unmount(this.shell);
      this.shell = null;
    });
    pswp.on('loadError', ({ content }) => {
      this.failed = new Set([...this.failed, (content.data as Slide).rec.id]);
      media.failed();
    });
    pswp.on('loadComplete', ({ content, isError }) => {
      const { id } = (content.data as Slide).rec;
      if (!isError && this.failed.has(id)) this.failed = new Set([...this.failed].filter((one) => one !== id));
    });
    // In place of the picture its thumb stays.
    pswp.addFilter('contentErrorElement', (element, content) => thumbOf(content.data as Slide) ?? element);
    pswp.on('zoomPanUpdate', () => this.looked());
    this.pswp = pswp;
    pswp.init();
    const root = pswp.element;
    if (!root) return;
    root.setAttribute('role', 'dialog');
    root.setAttribute('aria-modal', 'true');
    root.classList.toggle('docked', this.panel);
    this.shell = mount(Shell, { target: root, props: { box: this } });
    root.addEventListener('pointermove', this.wake);
    this.label();
    this.wake();
    root.focus({ preventScroll: true });
  }

  private changed(): void {
    const pswp = this.pswp;
    const rec = pswp && this.slides[pswp.currIndex]?.rec;
    if (!pswp || !rec) return;
    const moved = rec.id !== this.id;
    this.current = rec;
    this.newer = pswp.currIndex > 0;
    this.older = pswp.currIndex < this.slides.length - 1;
    this.label();
    this.looked();
    const first = this.slides[0]?.rec, last = this.slides[this.slides.length - 1]?.rec;
    if (last && wantsOlder(pswp.currIndex, this.slides.length)) this.host.more('older', last);
    if (first && wantsNewer(pswp.currIndex)) this.host.more('newer', first);
    if (moved && !this.reseating) {
      this.host.onchange(rec.id);
      live.say(photoName(rec));
    }
  }

  private looked(): void {
    const { w, h, type, preview } = this.current;
    const slide = this.pswp?.currSlide;
    const more = preview === 'ready' && Math.max(w, h) > PREVIEW_EDGE && FULL.test(type) && !this.originals.has(this.id);
    this.offersFull = more && slide !== undefined && slide.currZoomLevel > 0.999 && slide.currZoomLevel > slide.zoomLevels.initial * 1.01;
  }

  /** Asked for by the person, since it costs: the original in place of its preview, at the same place and size. */
  async showFull(): Promise<void> {
    const rec = this.current;
    this.fetching = true;
    try {
      const src = await this.originals.get(rec.id);
      const pswp = this.pswp, slide = pswp?.currSlide;
      if (!pswp || !slide || this.id !== rec.id || this.closing) return;
      const { currZoomLevel, width, pan } = slide;
      const at = { ...pan };
      const own = this.slides[pswp.currIndex];
      if (own) Object.assign(own, { src, width: rec.w, height: rec.h });
      pswp.refreshSlideContent(pswp.currIndex);
      pswp.currSlide?.zoomTo((currZoomLevel * width) / rec.w, undefined, 0);
      pswp.currSlide?.panTo(at.x, at.y);
      this.looked();
    } catch (error) {
      this.host.failed(error);
    } finally {
      this.fetching = false;
    }
  }

  /** A picture that failed is asked for again. */
  retry(): void {
    const { pswp } = this;
    if (pswp && this.failed.has(this.id)) pswp.refreshSlideContent(pswp.currIndex);
  }

  private label(): void {
    this.pswp?.element?.setAttribute('aria-label', photoName(this.current));
  }

  /** The list behind changed. `show`: go to that one, if it is there. */
  sync(show: string = this.id): void {
    const pswp = this.pswp;
    if (!pswp || this.closing) return;
    const strand = this.host.strand(show);
    const change = changeOf(this.slides.map((slide) => slide.rec.id), strand.map((rec) => rec.id), show);
    if (change.kind !== 'reseat')
      for (const i of renewed(this.slides.map((slide) => slide.rec), strand)) {
        this.slides[i] = this.slide(strand[i] as Rec);
        pswp.refreshSlideContent(i);
      }
    if (change.kind === 'append') {
      this.slides.push(...strand.slice(change.from).map((rec) => this.slide(rec)));
      this.older = pswp.currIndex < this.slides.length - 1;
    } else if (change.kind === 'reseat') {
      if (!pswp.opener.isOpen) return void setTimeout(() => this.sync(show), 250);
      this.reseat(strand, change.index);
    }
  }

  private reseat(strand: readonly Rec[], index: number): void {
    const before = this.id;
    this.reseating = true;
    // At once and without a word: left to itself it would close in its own time and take the new one's toolbar along.
    if (this.pswp) {
      this.pswp.isDestroying = true;
      this.pswp.destroy();
    }
    this.current = strand[index] ?? this.current;
    this.seat(strand, index, false);
    this.changed();
    this.reseating = false;
    if (before !== this.id) this.host.onchange(this.id);
  }

  goTo(id: string): void {
    const at = this.slides.findIndex((slide) => slide.rec.id === id);
    if (at >= 0) this.pswp?.goTo(at);
    else this.sync(id);
  }

  /** When zoomed in, arrows move about; at the edge they go on. True: it moved. */
  private pan(axis: 'x' | 'y', by: number): boolean {
    const slide = this.pswp?.currSlide;
    // On its way from a tile larger than the picture it is no zoom of the person's.
    if (!slide || !this.pswp?.opener.isOpen || slide.currZoomLevel <= slide.zoomLevels.initial * 1.01) return false;
    const to = { ...slide.pan };
    to[axis] = slide.bounds.correctPan(axis, to[axis] - by * PAN);
    if (Math.abs(to[axis] - slide.pan[axis]) < 1) return axis === 'y';
    slide.panTo(to.x, to.y);
    return true;
  }

  private zoomBy(factor: number): void {
    const slide = this.pswp?.currSlide;
    if (!slide) return;
    const { initial, max } = slide.zoomLevels;
    slide.zoomTo(Math.min(max, Math.max(initial, slide.currZoomLevel * factor)), undefined, 200);
  }

  step(by: -1 | 1): void {
    if (by < 0) this.pswp?.prev();
    else this.pswp?.next();
  }

  close(): void {
    const pswp = this.pswp;
    if (!pswp || this.closing) return;
    if (pswp.opener.isOpen) return void pswp.close();
    this.closeQuietly();
    this.host.onclose(this.id);
  }

  /** The address bar already says so. While it is still opening, PhotoSwipe ignores the wish: then it goes at once. */
  closeQuietly(): void {
    this.closing = true;
    this.originals.forget();
    const pswp = this.pswp;
    if (!pswp || pswp.isDestroying) return;
    if (pswp.opener.isOpen) return void pswp.close();
    pswp.isDestroying = true;
    pswp.destroy();
  }

  togglePanel(): void {
    this.panel = !this.panel;
    sessionStorage.setItem(INFO_KEY, this.panel ? '1' : '0');
    this.pswp?.element?.classList.toggle('docked', this.panel);
    this.pswp?.updateSize(true);
    if (!this.panel) this.pswp?.element?.focus({ preventScroll: true });
  }

  toggleZoom(): void {
    const slide = this.pswp?.currSlide;
    slide?.toggleZoom();
  }

  remove(): void {
    const rec = this.current;
    const next = afterRemoval(this.slides.map((slide) => slide.rec.id), rec.id);
    this.host.remove(rec);
    if (next) this.sync(next);
    else this.close();
  }

  private toggleControls(): void {
    this.pswp?.element?.classList.toggle('resting');
  }

  private readonly wake = (): void => {
    const element = this.pswp?.element;
    element?.classList.remove('resting');
    clearTimeout(this.resting);
    if (matchMedia('(hover: hover)').matches) this.resting = setTimeout(() => element?.classList.add('resting'), REST_MS);
  };

  command(what: ViewerCommand): void {
    const slide = this.pswp?.currSlide;
    this.wake();
    switch (what) {
      case 'newer': return this.pan('x', -1) ? undefined : this.step(-1);
      case 'older': return this.pan('x', 1) ? undefined : this.step(1);
      case 'up': return void this.pan('y', -1);
      case 'down': return void this.pan('y', 1);
      case 'larger': return this.zoomBy(1.5);
      case 'smaller': return this.zoomBy(1 / 1.5);
      case 'select': return this.host.trashed ? undefined : this.host.select(this.current);
      case 'first': return this.pswp?.goTo(0);
      case 'last': return this.pswp?.goTo(this.slides.length - 1);
      case 'info': return this.togglePanel();
      case 'download': return this.host.download(this.current);
      case 'trash': return this.host.trashed ? undefined : this.remove();
      case 'restore': return this.host.trashed ? this.remove() : undefined;
      case 'zoom': return this.toggleZoom();
      case 'fit': return slide?.zoomTo(slide.zoomLevels.initial, undefined, 200);
      case 'fullscreen': return void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => undefined);
      case 'help': return this.host.help();
      case 'undo': return this.host.undo();
      case 'escape':
        if (this.panel) return this.togglePanel();
        // On its way from a tile larger than the picture it is no zoom of the person's.
        if (slide && this.pswp?.opener.isOpen && slide.currZoomLevel > slide.zoomLevels.initial * 1.01) return slide.zoomTo(slide.zoomLevels.initial, undefined, 200);
        return this.close();
    }
  }
}

function thumbOf({ msrc }: Slide): HTMLDivElement | null {
  if (!msrc) return null;
  const element = document.createElement('div');
  element.className = 'slide-thumb';
  const image = document.createElement('img');
  image.src = msrc;
  image.alt = '';
  element.append(image);
  return element;
}

const plates = new WeakMap<Element, Record<string, unknown>>();
