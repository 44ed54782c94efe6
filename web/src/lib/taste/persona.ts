// How generous somebody is with stars, in ten bands of the mean. The service decides the band, the site has the words.
import type { Messages } from '$lib/text/ko';

export const BANDS = 10;

/** The words for `band_1` (strict) to `band_10` (generous); none without a band, or for one that this build does not know. */
export function personaOf(persona: string | null, messages: Messages): { title: string; line: string } | null {
  const band = /^band_(\d+)$/.exec(persona ?? '')?.[1];
  const words = messages.taste.personas[Number(band) - 1];
  return words ? { title: words[0], line: words[1] } : null;
}
