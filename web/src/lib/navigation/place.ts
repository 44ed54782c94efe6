// The place on a page: how far it was scrolled, and which link had the focus. Going back restores both, and a reload the first, as
// soon as the lists of the page are long enough.
import { afterNavigate, beforeNavigate, onNavigate } from '$app/navigation';
import { currentEntry, keptPages, readJson, writeJson } from './entry';

interface Place {
  top: number;
  /** The link with the focus, and which of the links with its address it is. */
  link: { href: string; nth: number } | null;
}

const KEY = 'matcha.places';
// A list that takes longer has failed, or is shorter than it was.
const PATIENCE_MS = 10_000;
const MAX_PLACES = 100;

let places = new Map<number, Place>();
let stopWaiting = () => {};

/** Must be called while the root layout is initialised. */
export function restorePlaces() {
  places = new Map(readJson<[number, Place][]>(KEY, []));
  let entry = currentEntry();

  beforeNavigate(() => keep(entry));
  onNavigate(({ type }) => {
    if (type === 'popstate') return;
    // A new page, or a new address of this one. What was kept belongs to pages that can no longer be reached.
    keptPages.dropFrom(currentEntry());
    for (const later of places.keys()) if (later >= currentEntry()) places.delete(later);
  });
  afterNavigate(({ type }) => {
    entry = currentEntry();
    stopWaiting();
    const place = places.get(entry);
    if (place && (type === 'popstate' || type === 'enter')) stopWaiting = restore(place, type === 'popstate');
  });

  const onpagehide = () => {
    keep(entry);
    writeJson(KEY, [...places].slice(-MAX_PLACES));
  };
  window.addEventListener('pagehide', onpagehide);
  return () => window.removeEventListener('pagehide', onpagehide);
}

/** Forgets all places and lists, when a member signs out. */
export function forgetPlaces() {
  places.clear();
  keptPages.clear();
}

function keep(entry: number) {
  places.set(entry, { top: window.scrollY, link: linkOf(document.activeElement) });
}

const linksTo = (href: string) => [...document.querySelectorAll<HTMLElement>(`a[href="${CSS.escape(href)}"]`)];

function linkOf(element: Element | null): Place['link'] {
  const href = element instanceof HTMLAnchorElement ? element.getAttribute('href') : null;
  return href === null ? null : { href, nth: linksTo(href).indexOf(element as HTMLElement) };
}

/** Scrolls and focuses now or when the page has grown enough; the member's own scrolling ends the waiting. Returns how to end it. */
function restore({ top, link }: Place, focusing: boolean): () => void {
  const there = () => Math.abs(window.scrollY - top) <= 1;
  let scrolled = there();
  let focused = !link || !focusing;
  const reached = () => {
    if (!scrolled) window.scrollTo(0, top);
    scrolled ||= there();
    const target = focused || !link ? undefined : linksTo(link.href)[link.nth];
    if (target) focus(target);
    focused ||= target !== undefined;
    return scrolled && focused;
  };
  if (reached()) return () => {};

  const controller = new AbortController();
  const stop = () => controller.abort();
  const growth = new ResizeObserver(() => reached() && stop());
  growth.observe(document.body);
  const timer = setTimeout(stop, PATIENCE_MS);
  const { signal } = controller;
  signal.addEventListener('abort', () => {
    growth.disconnect();
    clearTimeout(timer);
  });
  for (const input of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
    window.addEventListener(input, stop, { signal, passive: true });
  return stop;
}

function focus(link: HTMLElement) {
  link.focus({ preventScroll: true });
  const { left, right } = link.getBoundingClientRect();
  // A card further along in a row that scrolls sideways.
  if (left < 0 || right > window.innerWidth) link.scrollIntoView({ block: 'nearest', inline: 'center', behavior: 'instant' });
}
