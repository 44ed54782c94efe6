// The pictures that a poster may have, by genre.
import { moon, waves, hills, planet, horizon, burst, clouds, peaks, road, tree } from './pictures/landscapes';
import { beams, circles, torn, dots, blinds, tiles, contours, thread } from './pictures/patterns';
import { city, keyhole, record, stairs, window_, arches, rain, eye, columns } from './pictures/places';
import type { Draw } from './pictures/picture';

type Draws = readonly [Draw, ...Draw[]];

const byGenre: Record<string, Draws> = {
  action: [burst, beams, blinds, city, road],
  adventure: [peaks, waves, hills, road, contours],
  animation: [clouds, tiles, waves, hills, moon],
  biography: [arches, torn, window_, contours],
  comedy: [tiles, burst, circles, clouds, thread],
  crime: [city, blinds, keyhole, stairs, torn],
  documentary: [contours, dots, torn],
  drama: [window_, arches, thread, hills, dots, torn, circles, stairs, rain],
  family: [clouds, tiles, hills],
  fantasy: [moon, tree, arches, eye, peaks],
  film_noir: [blinds, keyhole],
  history: [columns, arches, hills, torn],
  horror: [eye, tree, moon, keyhole, stairs],
  music: [record, dots, thread],
  musical: [record, burst],
  mystery: [keyhole, eye, rain, moon, dots],
  romance: [circles, thread, rain, waves, window_],
  science_fiction: [planet, horizon, dots, contours],
  sport: [road, burst, tiles],
  thriller: [beams, stairs, keyhole, blinds, eye, city],
  war: [beams, columns, torn, hills],
  western: [road, hills, burst]
};

export function drawsOf(genre: string): Draws {
  return byGenre[genre] ?? [dots, arches, thread, contours];
}
