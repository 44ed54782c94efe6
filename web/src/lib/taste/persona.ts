// Personas: how a member gives stars. The service returns a key; the texts are here.
import type { Messages } from '$lib/text/ko';

export const BANDS = 10;

/** The texts for `band_1` (strict) to `band_10` (generous), or of one of the personas by spread; null for an unknown key. */
export function personaOf(persona: string | null, messages: Messages): { title: string; line: string } | null {
  const band = /^band_(\d+)$/.exec(persona ?? '')?.[1];
  const { personas, personasBySpread } = messages.taste;
  const words = band ? personas[Number(band) - 1] : Object.entries(personasBySpread).find(([key]) => key === persona)?.[1];
  return words ? { title: words[0], line: words[1] } : null;
}
