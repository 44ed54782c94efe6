import { expect, test } from 'vitest';
import { drawPoster, type PosterMovie } from './draw';
import { posterSvg } from './svg';
import { setTitle, widthOf } from './title';

const parasite: PosterMovie = { id: '0190-a', title: '기생충', year: 2019, director: '봉준호', genres: ['thriller', 'drama'] };

test('the same movie always gets the same poster', () => {
  expect(drawPoster(parasite)).toEqual(drawPoster({ ...parasite }));
});

test('another movie of the same genre gets another poster', () => {
  const drawn = new Set(
    Array.from({ length: 40 }, (_, i) => JSON.stringify(drawPoster({ ...parasite, id: `movie-${i}` }).shapes))
  );
  expect(drawn.size).toBe(40);
});

test('the picture does not change with the language of the title', () => {
  expect(drawPoster({ ...parasite, title: 'Parasite' }).shapes).toEqual(drawPoster(parasite).shapes);
});

test('an unknown genre gets a poster too', () => {
  expect(drawPoster({ ...parasite, genres: ['wuxia'] }).shapes.length).toBeGreaterThan(0);
  expect(drawPoster({ ...parasite, genres: [] }).shapes.length).toBeGreaterThan(0);
});

test('no path contains NaN', () => {
  for (const genre of [
    'drama',
    'horror',
    'science_fiction',
    'music',
    'war',
    'comedy',
    'romance',
    'fantasy',
    'history',
    'western'
  ]) {
    for (let i = 0; i < 40; i++) {
      const { shapes } = drawPoster({ ...parasite, id: `${genre}-${i}`, genres: [genre] });
      expect(shapes.every(({ d }) => d !== '' && !/NaN|Infinity|undefined/.test(d))).toBe(true);
    }
  }
});

test('titles fit the poster, and Korean words are not broken', () => {
  const { lines, size } = setTitle('좋은 놈, 나쁜 놈, 이상한 놈', 172);
  expect(lines.join(' ')).toBe('좋은 놈, 나쁜 놈, 이상한 놈');
  expect(lines.every((line) => widthOf(line) * size <= 172)).toBe(true);
});

test('short titles are set larger than long ones', () => {
  expect(setTitle('괴물', 172).size).toBeGreaterThan(
    setTitle('The Assassination of Jesse James by the Coward Robert Ford', 172).size
  );
});

test('a word wider than the poster is broken, not cut off', () => {
  const { lines } = setTitle('Supercalifragilisticexpialidocious'.repeat(2), 172);
  expect(lines.join('')).toBe('Supercalifragilisticexpialidocious'.repeat(2));
});

test('a long compound may break after its hyphen, a short one stays whole', () => {
  expect(setTitle('신과함께-죄와 벌', 172).lines).toEqual(['신과함께-', '죄와 벌']);
  expect(setTitle('X-Men', 172).lines).toEqual(['X-Men']);
});

test('the SVG document has the shapes and the title, with its markup escaped', () => {
  const movie = { ...parasite, title: 'Tom & <Jerry>' };
  const svg = posterSvg(movie);
  for (const { d } of drawPoster(movie).shapes) expect(svg).toContain(`d="${d}"`);
  expect(svg).toContain('&amp;');
  expect(svg).toContain('&lt;Jerry&gt;');
  expect(svg).not.toContain('<Jerry>');
  expect(svg).not.toContain('undefined');
});
