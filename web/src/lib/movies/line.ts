// The line of a card: the caller's stars, else the prediction, else the average.
import type { Confidence, ViewerMovieState } from './viewerStates.svelte';

export type Line =
  { kind: 'rated' | 'average'; stars: number } | { kind: 'predicted'; stars: number; confidence: Confidence } | { kind: 'none' };

export function lineOf(mine: ViewerMovieState, average: { stars: number | null; count: number } | null): Line {
  if (mine.stars !== null) return { kind: 'rated', stars: mine.stars };
  if (mine.predicted) return { kind: 'predicted', ...mine.predicted };
  if (average?.stars != null && average.count > 0) return { kind: 'average', stars: average.stars };
  return { kind: 'none' };
}
