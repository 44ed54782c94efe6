// A picture is drawn in the palette's three colours and leaves the top or the bottom of the poster to the title.
import type { Palette } from '../palettes';
import type { Chance } from '../seed';
import type { Shape } from '../shapes';

export type TitlePlace = 'top' | 'bottom';
export interface Picture {
  shapes: Shape[];
  place: TitlePlace;
}
export type Draw = (chance: Chance, palette: Palette) => Picture;

export const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
