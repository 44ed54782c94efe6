// Generates a movie's poster. It is deterministic: the same movie always gets the same poster.
import { drawsOf } from './compositions';
import { palettesOf } from './palettes';
import type { TitlePlace } from './pictures/picture';
import { chanceFrom, type Chance } from './seed';
import { HEIGHT, type Shape } from './shapes';
import { heightOf, setTitle, type SetTitle } from './title';

export interface PosterMovie {
  id: string;
  title: string;
  year: number;
  director: string | null;
  genres: readonly string[];
}

export interface Composition {
  ground: string;
  deep: string;
  ink: string;
  accent: string;
  shapes: Shape[];
  /** How far the picture is shifted to make room for a tall title. */
  shift: number;
  place: TitlePlace;
  serif: boolean;
  title: SetTitle;
  credit: string;
  /** The left edge of the title and of the credit. */
  margin: number;
  /** The baseline of each line of the title. */
  baselines: number[];
  /** The baseline of the credit. */
  creditAt: number;
}

// Most movies have the genre drama; their other genres tell them apart better.
const VAGUE = 'drama';
const TITLE_WIDTH = 172;
const MARGIN = 14;

export function drawPoster(movie: PosterMovie): Composition {
  const chance = chanceFrom(movie.id);
  const genre = leadGenre(movie.genres, chance);
  const palette = chance.pick(palettesOf(genre));
  const { shapes, place } = chance.pick(drawsOf(genre))(chance, palette);
  const title = setTitle(movie.title, TITLE_WIDTH);
  const block = title.leading * (title.lines.length - 1);
  // The first line is measured from the top, or so that the last line ends above the credit at the bottom.
  const baseline = place === 'top' ? MARGIN + title.size * 0.92 : HEIGHT - 36 - block;
  return {
    ground: palette.ground,
    deep: palette.deep,
    ink: palette.ink,
    accent: palette.a,
    shapes,
    shift: place === 'top' ? clamp(heightOf(title) - 58, 0, 36) : -clamp(heightOf(title) - 62, 0, 28),
    place,
    serif: chance.odds(0.35),
    title,
    credit: [movie.director, movie.year].filter(Boolean).join(' · '),
    margin: MARGIN,
    baselines: title.lines.map((_, i) => baseline + i * title.leading),
    creditAt: place === 'top' ? baseline + block + 19 : HEIGHT - MARGIN
  };
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

function leadGenre(genres: readonly string[], chance: Chance): string {
  const [first, ...more] = genres.filter((genre) => genre !== VAGUE);
  if (!first || (genres.includes(VAGUE) && chance.odds(0.2))) return VAGUE;
  return chance.pick([first, first, ...more]);
}
