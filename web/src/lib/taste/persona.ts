// Personas: ten bands of the mean rating, from strict to generous. The service returns the band; the texts are here.
import type { Messages } from '$lib/text/ko';

export const BANDS = 10;

/** The texts for `band_1` (strict) to `band_10` (generous); null for an unknown band. */
export function personaOf(persona: string | null, messages: Messages): { title: string; line: string } | null {
  const band = /^band_(\d+)$/.exec(persona ?? '')?.[1];
  const words = messages.taste.personas[Number(band) - 1];
  return words ? { title: words[0], line: words[1] } : null;
}
