import { tick } from 'svelte';

/**
 * Restores the focus after the focused element was removed, for example when a card replaces its editor. Without this the focus
 * would be at the top of the page for users of a keyboard or a screen reader. A focus that is elsewhere by now is left there.
 */
export async function refocus(place: HTMLElement | undefined, wanted: string) {
  await tick();
  const lost = document.activeElement === null || document.activeElement === document.body;
  if (lost || place?.contains(document.activeElement)) place?.querySelector<HTMLElement>(wanted)?.focus({ preventScroll: true });
}
