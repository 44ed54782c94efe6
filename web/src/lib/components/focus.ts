import { tick } from 'svelte';

/**
 * Puts the focus into what took the place of what had it, such as a card after its editor was sent. Without it whoever uses the
 * keyboard, or is read to, would be at the top of the page. Somebody who has gone elsewhere meanwhile stays there.
 */
export async function refocus(place: HTMLElement | undefined, wanted: string) {
  await tick();
  const lost = document.activeElement === null || document.activeElement === document.body;
  if (lost || place?.contains(document.activeElement)) place?.querySelector<HTMLElement>(wanted)?.focus({ preventScroll: true });
}
