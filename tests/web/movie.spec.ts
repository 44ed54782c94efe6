// The page of one movie and the status page: compares their labels and numbers with the answers of the gateway.
import { expect, test, type Page } from '@playwright/test';
import { Gateway, type Movie } from './gateway';
import { inBothLanguages, openMovie, haveRated, signUp, type Language } from './steps';

const counted = (count: number, one: string, many: string) => `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

const WORDS = {
  ko: {
    language: 'ko' as Language,
    oldboy: '올드보이',
    genre: '장르',
    minutes: (hours: number, minutes: number) => [hours && `${hours}시간`, minutes && `${minutes}분`],
    raters: (count: number) => `(${count.toLocaleString('en-US')}명)`,
    bar: (stars: string, count: number) => `${stars}점 ${count.toLocaleString('en-US')}명`,
    summary: (count: number, most: string) => `${count.toLocaleString('en-US')}명이 평가했고, ${most}점이 가장 많아요`,
    similar: '비슷한 영화',
    because: '이 예상의 이유',
    reason: { start: '', end: ' 높게 평가해서' },
    confidence: { LOW: '신뢰도 낮음', MEDIUM: '신뢰도 보통', HIGH: '신뢰도 높음' },
    error: '예상 별점의 오차',
    errorOfAverage: '평균 별점으로 예측했을 때의 오차',
    gain: (percent: string) => `평균 별점으로 예측할 때보다 오차가 ${percent}% 작아요.`,
    hint: '평균제곱근오차(RMSE), 별점 기준. 낮을수록 정확해요.',
    facts: { ratings: '별점', members: '회원', movies: '영화', version: '버전' }
  },
  en: {
    language: 'en' as Language,
    oldboy: 'Oldboy',
    genre: 'Genre',
    minutes: (hours: number, minutes: number) => [hours && `${hours} h`, minutes && `${minutes} min`],
    raters: (count: number) => `(${counted(count, 'rating', 'ratings')})`,
    bar: (stars: string, count: number) => `${stars} stars: ${counted(count, 'rating', 'ratings')}`,
    summary: (count: number, most: string) => `${counted(count, 'rating', 'ratings')}, most often ${most} stars`,
    similar: 'Similar movies',
    because: 'Why this prediction',
    reason: { start: 'Because you rated ', end: ' highly' },
    confidence: { LOW: 'low confidence', MEDIUM: 'medium confidence', HIGH: 'high confidence' },
    error: 'Error of predicted stars',
    errorOfAverage: 'Error when guessing the average',
    gain: (percent: string) => `${percent}% less error than guessing the average.`,
    hint: 'Root mean square error (RMSE), in stars. Lower is better.',
    facts: { ratings: 'Ratings', members: 'Members', movies: 'Movies', version: 'Version' }
  }
};
type Say = (typeof WORDS)[Language];

/** What the filter of the search page calls each genre. */
async function genreNames(page: Page, say: Say): Promise<Map<string, string>> {
  await page.goto('/search');
  const options = page.getByLabel(say.genre).locator('option');
  await expect.poll(() => options.count()).toBeGreaterThan(1);
  const entries = await options.evaluateAll((all) =>
    all.map((option) => [(option as HTMLOptionElement).value, option.textContent.trim()] as const)
  );
  const names = new Map(entries);
  expect(names.get('animation')).toBe(say.language === 'ko' ? '애니메이션' : 'Animation');
  return names;
}

const countryNames = (page: Page, say: Say, codes: readonly string[]) =>
  page.evaluate(
    ({ language, codes }) => {
      const names = new Intl.DisplayNames([language], { type: 'region', style: 'short' });
      return codes.map((code) => names.of(code) ?? code);
    },
    { language: say.language, codes }
  );

const dense = (text: string) => text.replace(/\s+/g, '');

async function expectHead(page: Page, say: Say, movie: Movie, genres: ReadonlyMap<string, string>) {
  const title = movie.title[say.language];
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(page).toHaveTitle(`${title} (${movie.year}) · matcha`);
  const facts = [
    String(movie.year),
    movie.genres.map((genre) => genres.get(genre)).join(', '),
    (await countryNames(page, say, movie.countries)).join(', '),
    movie.runtime
      ? say
          .minutes(Math.floor(movie.runtime / 60), movie.runtime % 60)
          .filter(Boolean)
          .join(' ')
      : ''
  ];
  await expect(page.locator('.facts')).toHaveText(facts.filter(Boolean).join(' · '));

  const [director] = movie.directors;
  const name = director && (say.language === 'ko' ? director.nameKo || director.nameEn : director.nameEn || director.nameKo);
  const lettering = await page.locator('.backdrop svg text').allTextContents();
  expect(dense(lettering.slice(0, -1).join(''))).toBe(dense(title));
  expect(lettering.at(-1)).toBe([name, movie.year].filter(Boolean).join(' · '));
}

async function expectStatistics(page: Page, say: Say, { average, histogram }: Movie) {
  const total = histogram.reduce((sum, bar) => sum + bar, 0);
  expect(total).toBe(average.count);
  expect(histogram.reduce((sum, bar, i) => sum + (bar * (i + 1)) / 2, 0) / total).toBeCloseTo(average.stars!, 1);
  await expect(page.locator('[data-score=average] strong')).toHaveText(`★ ${average.stars!.toFixed(1)}`);
  await expect(page.locator('[data-score=average] small')).toHaveText(say.raters(average.count));

  const bars = page.locator('figure ol li');
  await expect(bars).toHaveText(histogram.map((bar, i) => say.bar(((i + 1) / 2).toFixed(1), bar)));
  const most = histogram.indexOf(Math.max(...histogram));
  await expect(page.locator('figcaption')).toHaveText(say.summary(total, ((most + 1) / 2).toFixed(1)));
  const heights = await bars.evaluateAll((all) => all.map((bar) => bar.firstElementChild!.getBoundingClientRect().height));
  expect(heights.indexOf(Math.max(...heights))).toBe(most);
}

async function expectSimilar(page: Page, say: Say, similar: readonly { id: string }[]) {
  const row = page.getByRole('region', { name: say.similar });
  await expect(row.locator('article').first()).toBeVisible();
  const shown = await row.locator('article').evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.movie));
  expect(shown).toEqual(similar.map(({ id }) => id));
}

inBothLanguages(WORDS, (say) => {
  test('the pages of several movies show their own posters, facts, averages and histograms', async ({ page }) => {
    const gateway = new Gateway(page);
    const genres = await genreNames(page, say);
    const catalogue = (await gateway.catalogue()).filter(({ average }) => average.count > 0 && average.count < 10_000);
    const length = ({ title }: Movie) => title[say.language].length;
    const of = (value: (movie: Movie) => number) =>
      catalogue.reduce((best, movie) => (value(movie) > value(best) ? movie : best));
    const chosen = new Set([
      of(({ average }) => average.count),
      of(({ average }) => -average.count),
      of(({ year }) => -year),
      of(length),
      of((movie) => -length(movie)),
      of(({ countries }) => countries.length)
    ]);
    expect(chosen.size).toBeGreaterThan(3);
    for (const { id } of chosen) {
      const movie = await gateway.movie(id);
      await page.goto(`/movies/${id}`);
      await expectHead(page, say, movie, genres);
      await expectStatistics(page, say, movie);
      await expectSimilar(page, say, movie.similar);
    }
  });

  test('a movie that a search finds has a poster with its title', async ({ page }) => {
    await openMovie(page, say.oldboy);
    await expect(page.locator('.backdrop svg text').first()).toContainText(say.oldboy);
  });

  test('a movie page shows the prediction and the reasons that the gateway gives', async ({ page }) => {
    const gateway = new Gateway(page);
    await signUp(page);
    await haveRated(page, 12, (row) => 7 + (row % 4));
    await page.goto('/search?sort=average');
    const unrated = page.locator('main article', { has: page.locator('[data-line=predicted]') });
    await expect(unrated.first()).toBeVisible();
    const ids = await unrated.evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.movie!));
    expect(ids.length).toBeGreaterThan(2);
    let reasons = 0;
    for (const id of [ids[0]!, ids[1]!, ids.at(-1)!]) {
      await page.goto(`/movies/${id}`);
      await expect(page.locator('[data-score=predicted] strong')).toBeVisible();
      const { stars, confidence, because } = (await gateway.movie(id)).mine!.predicted!;
      await expect(page.locator('[data-score=predicted] strong')).toHaveText(`★ ${stars.toFixed(1)}`);
      await expect(page.locator('[data-score=predicted] small')).toHaveText(say.confidence[confidence]);
      reasons += because.length;
      const section = page.locator('section', { has: page.getByRole('heading', { name: say.because }) });
      await expect(section.getByRole('link')).toHaveCount(because.length);
      const links = await section.getByRole('link').allTextContents();
      for (const [i, { title }] of because.entries()) {
        expect(links[i]!.startsWith(say.reason.start + title[say.language]), links[i]).toBe(true);
        expect(links[i]!.endsWith(say.reason.end), links[i]).toBe(true);
      }
    }
    expect(reasons).toBeGreaterThan(0);
  });

  test('the status page publishes the measured errors and the size of the model', async ({ page }) => {
    const gateway = new Gateway(page);
    const { model } = await gateway.query<{
      model: {
        version: string;
        ratings: number;
        members: number;
        movies: number;
        heldOutRmse: number;
        heldOutRmseAverage: number;
      };
    }>('{ model { version ratings members movies heldOutRmse heldOutRmseAverage } }');
    await page.goto('/status');
    const measure = (name: string) => page.locator('dl > div', { hasText: name }).locator('strong');
    await expect(measure(say.error)).toHaveText(model.heldOutRmse.toFixed(3));
    await expect(measure(say.errorOfAverage)).toHaveText(model.heldOutRmseAverage.toFixed(3));
    await expect(page.getByText(say.hint)).toBeVisible();
    const gain = (1 - model.heldOutRmse / model.heldOutRmseAverage) * 100;
    expect(gain).toBeGreaterThan(0);
    await expect(page.getByText(say.gain(gain.toFixed(1)))).toBeVisible();
    const fact = (name: string) =>
      page.locator('dl > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');
    for (const key of ['ratings', 'members', 'movies'] as const)
      await expect(fact(say.facts[key])).toHaveText(model[key].toLocaleString('en-US'));
    await expect(fact(say.facts.version)).toHaveText(model.version);
  });
});
