// Search and browse: compares the movies that the site shows with the facts of each movie from the gateway.
import { expect, test, type Page } from '@playwright/test';
import { Gateway, type Confidence, type Facet, type Movie, type Suggestion, type ViewerState } from './gateway';
import { inBothLanguages, haveRated, signUp, type Language } from './steps';

const WORDS = {
  ko: {
    language: 'ko' as Language,
    label: '영화, 감독, 배우 찾기',
    movie: '기생충',
    genre: '장르',
    country: '국가',
    decade: '연대',
    sort: '정렬',
    all: '전체',
    choices: { animation: '애니메이션', JP: '일본', 1990: '1990년대' },
    rated: '내 평가',
    none: '찾은 영화가 없어요.',
    clear: '조건 지우기',
    nowhere: '찾는 페이지가 없어요',
    bestRated: '평균 별점이 가장 높은 영화',
    lines: { rated: '평가함', predicted: '예상', average: '평균' },
    unrated: '아직 평가 없음',
    spoken: {
      rated: (stars: string) => `내가 준 별점 ${stars}점`,
      predicted: (stars: string) => `예상 별점 ${stars}점`,
      average: (stars: string) => `평균 별점 ${stars}점`
    },
    confidence: { LOW: '신뢰도 낮음', MEDIUM: '신뢰도 보통', HIGH: '신뢰도 높음' },
    offered: (count: number) => `검색 제안 ${count}개`,
    roles: { DIRECTOR: '감독', ACTOR: '배우' },
    movies: (count: number) => `${count}편`
  },
  en: {
    language: 'en' as Language,
    label: 'Search movies, directors, actors',
    movie: 'Parasite',
    genre: 'Genre',
    country: 'Country',
    decade: 'Decade',
    sort: 'Sort',
    all: 'All',
    choices: { animation: 'Animation', JP: 'Japan', 1990: '1990s' },
    rated: 'Your ratings',
    none: 'No movies found.',
    clear: 'Clear filters',
    nowhere: 'There is no such page',
    bestRated: 'Best rated',
    lines: { rated: 'Rated', predicted: 'Predicted', average: 'Average' },
    unrated: 'Not rated yet',
    spoken: {
      rated: (stars: string) => `You rated it ${stars} stars`,
      predicted: (stars: string) => `Predicted for you: ${stars} stars`,
      average: (stars: string) => `Average: ${stars} stars`
    },
    confidence: { LOW: 'low confidence', MEDIUM: 'medium confidence', HIGH: 'high confidence' },
    offered: (count: number) => `${count} ${count === 1 ? 'suggestion' : 'suggestions'}`,
    roles: { DIRECTOR: 'Director', ACTOR: 'Actor' },
    movies: (count: number) => `${count} ${count === 1 ? 'movie' : 'movies'}`
  }
};
type Say = (typeof WORDS)[Language];

const cards = (page: Page) => page.locator('main article');

/** Runs `act`, which starts a search, and waits until the results are shown. */
async function searched(page: Page, act: () => Promise<unknown>) {
  const answered = page.waitForResponse((answer) => answer.request().postData()?.includes('query Search(') ?? false);
  await act();
  await answered;
  await expect(page.locator('main ul[aria-busy=true]')).toHaveCount(0);
}

const open = (page: Page, address: string) => searched(page, () => page.goto(address));
const choose = (page: Page, label: string, value: string) => searched(page, () => page.getByLabel(label).selectOption(value));

interface Card {
  id: string;
  title: string;
  kind: string;
  line: string;
  spoken: string;
  posterTitle: string;
  posterCredit: string;
}

/** The texts of each card on the page. */
function shownCards(page: Page): Promise<Card[]> {
  return cards(page).evaluateAll((articles) =>
    articles.map((article) => {
      const flat = (element: Element | null | undefined) => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
      const line = article.querySelector('[data-line]');
      const poster = [...article.querySelectorAll('svg text')];
      return {
        id: (article as HTMLElement).dataset.movie ?? '',
        title: flat(article.querySelector('a h2, a h3')),
        kind: line?.getAttribute('data-line') ?? '',
        line: flat(line?.querySelector('[aria-hidden]') ?? line),
        spoken: flat(line?.querySelector(':scope > :not([aria-hidden])')),
        posterTitle: poster.slice(0, -1).map(flat).join(''),
        posterCredit: flat(poster.at(-1))
      };
    })
  );
}
const shownIds = async (page: Page) => (await shownCards(page)).map(({ id }) => id);

/** Scrolls until no more cards are loaded, and returns the ids of all cards. */
async function allShownIds(page: Page): Promise<string[]> {
  await expect(async () => {
    await cards(page).last().scrollIntoViewIfNeeded();
    await expect(page.locator('main ul[aria-busy=true]')).toHaveCount(0);
    await expect(page.locator('main ul.grid ~ * button')).toHaveCount(0, { timeout: 300 });
  }).toPass();
  return shownIds(page);
}

const KINDS = ['genre', 'country', 'decade'] as const;
type FilterKind = (typeof KINDS)[number];
const has: Record<FilterKind, (movie: Movie, value: string) => boolean> = {
  genre: ({ genres }, value) => genres.includes(value),
  country: ({ countries }, value) => countries.includes(value),
  decade: ({ year }, value) => Math.floor(year / 10) * 10 === Number(value)
};
const facetsOf = async (gateway: Gateway): Promise<Record<FilterKind, Facet[]>> => {
  const { genres, countries, decades } = await gateway.facets();
  return { genre: genres, country: countries, decade: decades };
};

/** The movies with these ids; fails if one of them is not in the catalogue. */
function lookUp(catalogue: readonly Movie[], ids: readonly string[]): Movie[] {
  const byId = new Map(catalogue.map((movie) => [movie.id, movie]));
  expect(ids.filter((id) => !byId.has(id))).toEqual([]);
  return ids.map((id) => byId.get(id)!);
}

const sorted = (ids: readonly string[]) => [...ids].sort();
const idsOf = (movies: readonly { id: string }[]) => movies.map(({ id }) => id);

type Order = (a: Movie, b: Movie) => number;

/** Checks that `shown` is in order, and that it has every movie of `pool` that belongs before its last one. */
function expectFirstInOrder(shown: readonly Movie[], pool: readonly Movie[], order: Order) {
  const outOfOrder = shown.slice(1).flatMap((movie, i) => {
    const before = shown[i]!;
    return order(before, movie) > 0 ? [`${before.title.en} stands before ${movie.title.en}`] : [];
  });
  expect(outOfOrder).toEqual([]);
  const ids = new Set(idsOf(shown));
  const last = shown.at(-1)!;
  const leftOut = pool.filter((movie) => !ids.has(movie.id) && order(movie, last) < 0);
  expect(leftOut.map(({ title }) => title.en)).toEqual([]);
}

const byPopularity: Order = (a, b) => b.average.count - a.average.count;
const byYear: Order = (a, b) => b.year - a.year;

/** By the average of the stars, shrunk towards the overall mean by 20 ratings; movies without ratings come last. */
function byAverage(catalogue: readonly Movie[]): Order {
  const sum = ({ histogram }: Movie) => histogram.reduce((total, count, i) => total + (count * (i + 1)) / 2, 0);
  const count = ({ histogram }: Movie) => histogram.reduce((total, more) => total + more, 0);
  const total = (of: (movie: Movie) => number) => catalogue.reduce((all, movie) => all + of(movie), 0);
  const mean = total(sum) / total(count);
  const value = (movie: Movie) => (count(movie) === 0 ? 0 : (sum(movie) + 20 * mean) / (count(movie) + 20));
  return (a, b) => {
    const difference = value(b) - value(a);
    // The service compares millionths.
    return Math.abs(difference) < 0.000_01 ? 0 : difference;
  };
}

/** By the letters and digits of the title, in the order of code points. */
function byTitle(language: Language): Order {
  const key = ({ title }: Movie) =>
    title[language]
      .normalize('NFKC')
      .toLowerCase()
      .replace(/['’]/g, '')
      .replace(/[^\p{Alphabetic}\p{N}]+/gu, ' ')
      .trim();
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

const dense = (text: string) => text.replace(/\s+/g, '');

/** The expected line under the poster of this movie, for a member with this viewer state. */
function expectedLine(say: Say, movie: Movie, state: ViewerState | null): Pick<Card, 'kind' | 'line' | 'spoken'> {
  const of = (kind: 'rated' | 'predicted' | 'average', stars: number, confidence?: Confidence) => ({
    kind,
    line: `${say.lines[kind]} ★ ${stars.toFixed(1)}`,
    spoken: say.spoken[kind](stars.toFixed(1)) + (confidence ? `, ${say.confidence[confidence]}` : '')
  });
  if (state?.stars != null) return of('rated', state.stars);
  if (state?.predicted) return of('predicted', state.predicted.stars, state.predicted.confidence);
  if (movie.average.stars !== null && movie.average.count > 0) return of('average', movie.average.stars);
  return { kind: 'none', line: say.unrated, spoken: '' };
}

function expectedCard(say: Say, movie: Movie, state: ViewerState | null): Card {
  const [director] = movie.directors;
  const name = director && (say.language === 'ko' ? director.nameKo || director.nameEn : director.nameEn || director.nameKo);
  const title = movie.title[say.language];
  return {
    id: movie.id,
    title,
    ...expectedLine(say, movie, state),
    posterTitle: dense(title),
    posterCredit: [name, movie.year].filter(Boolean).join(' · ')
  };
}

async function expectCards(page: Page, say: Say, movies: readonly Movie[], states: readonly (ViewerState | null)[]) {
  const shown = (await shownCards(page)).map((card) => ({ ...card, posterTitle: dense(card.posterTitle) }));
  expect(shown).toEqual(movies.map((movie, i) => expectedCard(say, movie, states[i] ?? null)));
}

inBothLanguages(WORDS, (say) => {
  for (const kind of KINDS) {
    test(`the filter by ${kind} shows all movies that have it and no others`, async ({ page }) => {
      const gateway = new Gateway(page);
      const catalogue = await gateway.catalogue();
      const choices = (await facetsOf(gateway))[kind];
      await open(page, '/search');
      const select = page.getByLabel(say[kind]);
      const options = select.locator('option');
      const values = await options.evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value));
      expect(values).toEqual(['', ...choices.map(({ value }) => value)]);
      await expect(options.first()).toHaveText(say.all);
      for (const [value, name] of Object.entries(say.choices))
        if (values.includes(value)) await expect(select.locator(`option[value="${value}"]`)).toHaveText(name);

      // More than a page, so that the test covers the filter on the next page too.
      const { value, count } = choices.find(({ count }) => count > 30 && count < 90)!;
      await choose(page, say[kind], value);
      await expect(page).toHaveURL(`/search?${kind}=${value}`);
      const expected = catalogue.filter((movie) => has[kind](movie, value));
      expect(expected).toHaveLength(count);
      const shown = await allShownIds(page);
      expect(sorted(shown)).toEqual(sorted(idsOf(expected)));

      await searched(page, () => page.reload());
      await expect(select).toHaveValue(value);
      const again = await shownIds(page);
      expect(again).toEqual(shown.slice(0, again.length));
    });
  }

  test('filters narrow together, and one button clears them', async ({ page }) => {
    const gateway = new Gateway(page);
    const catalogue = await gateway.catalogue();
    const facets = await facetsOf(gateway);
    const matching = (filters: Partial<Record<FilterKind, string>>) =>
      catalogue.filter((movie) => KINDS.every((kind) => filters[kind] === undefined || has[kind](movie, filters[kind])));
    const combinations = facets.genre.flatMap((genre) =>
      facets.country.flatMap((country) =>
        facets.decade.map((decade) => ({ genre: genre.value, country: country.value, decade: decade.value }))
      )
    );
    // Each of the three filters must exclude movies, so that the test fails without it.
    const chosen = combinations.find((filters) => {
      const count = matching(filters).length;
      return count > 2 && count < 30 && KINDS.every((kind) => matching({ ...filters, [kind]: undefined }).length > count);
    })!;
    await open(page, '/search');
    for (const kind of KINDS) await choose(page, say[kind], chosen[kind]);
    expect(sorted(await allShownIds(page))).toEqual(sorted(idsOf(matching(chosen))));

    const empty = combinations.find((filters) => matching(filters).length === 0)!;
    await open(page, `/search?${new URLSearchParams(empty).toString()}`);
    await expect(page.getByText(say.none)).toBeVisible();
    await expect(cards(page)).toHaveCount(0);
    await searched(page, () => page.getByRole('button', { name: say.clear }).click());
    await expect(page).toHaveURL('/search');
    expectFirstInOrder(lookUp(catalogue, await shownIds(page)), catalogue, byPopularity);
  });

  test('each order is that of the values it names', async ({ page }) => {
    const gateway = new Gateway(page);
    const catalogue = await gateway.catalogue();
    const orders: Record<string, Order> = {
      NEWEST: byYear,
      TITLE: byTitle(say.language),
      AVERAGE: byAverage(catalogue),
      POPULARITY: byPopularity
    };
    await open(page, '/search');
    const firsts = new Set<string>();
    for (const [sort, order] of Object.entries(orders)) {
      await choose(page, say.sort, sort);
      await expect(page).toHaveURL(sort === 'POPULARITY' ? '/search' : `/search?sort=${sort.toLowerCase()}`);
      const ids = await shownIds(page);
      expect(ids.length).toBeGreaterThanOrEqual(30);
      expectFirstInOrder(lookUp(catalogue, ids), catalogue, order);
      firsts.add(ids.slice(0, 5).join());
    }
    expect(firsts.size).toBe(4);
    await choose(page, say.sort, 'NEWEST');
    await searched(page, () => page.reload());
    await expect(page.getByLabel(say.sort)).toHaveValue('NEWEST');
    expectFirstInOrder(lookUp(catalogue, await shownIds(page)), catalogue, byYear);
  });

  test('a card shows the title, the poster and the average of its movie', async ({ page }) => {
    const gateway = new Gateway(page);
    await open(page, '/search?sort=newest');
    const movies = lookUp(await gateway.catalogue(), await shownIds(page));
    expect(movies.every(({ posterUrl }) => posterUrl === null)).toBe(true);
    expect(new Set(movies.map(({ average }) => average.stars?.toFixed(1))).size).toBeGreaterThan(3);
    await expectCards(page, say, movies, []);
  });

  test('a member finds what is rated and what is not, with the own stars and predictions', async ({ page }) => {
    const gateway = new Gateway(page);
    await open(page, '/search');
    await expect(page.getByLabel(say.rated)).toHaveCount(0);

    const halves = (row: number) => 6 + (row % 5);
    await signUp(page);
    await haveRated(page, 10, halves);
    const catalogue = await gateway.catalogue();
    await open(page, '/search');
    await choose(page, say.rated, 'true');
    await expect(page).toHaveURL('/search?rated=true');
    await expect(cards(page)).toHaveCount(10);
    const rated = await shownIds(page);
    const states = await gateway.viewerStates(rated);
    const given = Array.from({ length: 10 }, (_, row) => halves(row) / 2);
    expect(states.map(({ stars }) => stars!).sort()).toEqual(given.sort());
    await expectCards(page, say, lookUp(catalogue, rated), states);
    await expect(page.getByLabel(say.sort).locator('option[value=PREDICTED]')).toHaveCount(0);
    await searched(page, () => page.reload());
    await expect(page.getByLabel(say.rated)).toHaveValue('true');
    expect(sorted(await shownIds(page))).toEqual(sorted(rated));

    await choose(page, say.rated, 'false');
    await expect(page).toHaveURL('/search?rated=false');
    const others = await shownIds(page);
    // The rated movies are popular: without the filter, some of them would be on this page.
    expect(
      idsOf([...catalogue].sort(byPopularity))
        .slice(0, others.length)
        .some((id) => rated.includes(id))
    ).toBe(true);
    expect(others.filter((id) => rated.includes(id))).toEqual([]);
    expect((await gateway.viewerStates(others)).filter(({ stars }) => stars !== null)).toEqual([]);
    const fresh = await gateway.catalogue();
    const pool = fresh.filter(({ id }) => !rated.includes(id));
    expectFirstInOrder(lookUp(fresh, others), pool, byPopularity);
  });

  test('by predicted stars come the highest first, each with the prediction that the gateway has', async ({ page }) => {
    const gateway = new Gateway(page);
    await signUp(page);
    await haveRated(page, 10, (row) => 6 + (row % 5));
    await open(page, '/search');
    await choose(page, say.sort, 'PREDICTED');
    await expect(page).toHaveURL('/search?sort=predicted');
    await searched(page, () => page.reload());
    await expect(page.getByLabel(say.sort)).toHaveValue('PREDICTED');
    const ids = await shownIds(page);
    expect(ids.length).toBeGreaterThanOrEqual(30);
    const states = await gateway.viewerStates(ids);
    const predicted = states.map((state) => state.predicted!.stars);
    expect(predicted).toEqual([...predicted].sort((a, b) => b - a));
    const catalogue = await gateway.catalogue();
    await expectCards(page, say, lookUp(catalogue, ids), states);
    // None of the other movies has more predicted stars than the last one shown.
    const some = catalogue.filter(({ id }) => !ids.includes(id)).slice(0, 40);
    const missed = await gateway.viewerStates(idsOf(some));
    expect(missed.filter((state) => (state.predicted?.stars ?? 0) > predicted.at(-1)!)).toEqual([]);
  });

  test('an unknown address says that there is no such page', async ({ page }) => {
    await page.goto('/nowhere');
    await expect(page.getByText(say.nowhere).last()).toBeVisible();
    await page.goto('/movies/00000000-0000-4000-8000-000000000000');
    await expect(page.getByText(say.nowhere).last()).toBeVisible();
  });

  test('the heading of a row leads to all movies in the order of the row', async ({ page }) => {
    const gateway = new Gateway(page);
    await page.goto('/');
    await searched(page, () => page.getByRole('heading', { name: say.bestRated }).getByRole('link').click());
    await expect(page).toHaveURL('/search?sort=average');
    await expect(page.getByLabel(say.sort)).toHaveValue('AVERAGE');
    const catalogue = await gateway.catalogue();
    expectFirstInOrder(lookUp(catalogue, await shownIds(page)), catalogue, byAverage(catalogue));
  });

  for (const query of [say.movie, 'love', '김']) {
    test(`suggestions for ${query} are those of the gateway, with their numbers`, async ({ page }) => {
      const gateway = new Gateway(page);
      await page.goto('/');
      const box = page.getByRole('combobox', { name: say.label });
      await box.fill(query);
      const offered = await gateway.suggestions(query);
      expect(offered.length).toBeGreaterThan(0);
      const kinds = [...new Set(offered.map(({ __typename }) => __typename))];
      const grouped = kinds.flatMap((kind) => offered.filter(({ __typename }) => __typename === kind));
      const name = (item: Suggestion) => {
        if (item.__typename === 'Movie') return item.title[say.language];
        if (item.__typename === 'List') return item.title;
        if (item.__typename === 'PublicMember') return item.displayName;
        return say.language === 'ko' ? item.nameKo || item.nameEn : item.nameEn || item.nameKo;
      };
      const detail = (item: Suggestion) => {
        if (item.__typename === 'Movie') return String(item.year);
        if (item.__typename === 'List') return say.movies(item.movieCount);
        if (item.__typename === 'PublicMember') return `@${item.handle}`;
        return item.roles.map((role) => say.roles[role]).join(' · ');
      };
      const options = page.getByRole('option');
      await expect(options.locator(':scope > :nth-child(2)')).toHaveText(grouped.map(name));
      await expect(options.locator(':scope > :nth-child(3)')).toHaveText(grouped.map(detail));
      await expect(page.getByRole('search').getByRole('status')).toHaveText(say.offered(offered.length));
    });
  }

  test('arrows and Enter open a suggestion', async ({ page }) => {
    await page.goto('/');
    const box = page.getByRole('combobox', { name: say.label });
    await box.fill(say.movie);
    await expect(page.getByRole('option').first()).toContainText(say.movie);
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: say.movie })).toBeVisible();
  });
});

test('initial consonants find 기생충 first, in the suggestions and in the results', async ({ page }) => {
  await page.goto('/');
  const box = page.getByRole('combobox', { name: '영화, 감독, 배우 찾기' });
  await expect(box).toBeVisible();
  await page.keyboard.press('/');
  await expect(box).toBeFocused();
  await box.fill('ㄱㅅㅊ');
  await expect(page.getByRole('option').first()).toContainText('기생충');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(cards(page).first()).toContainText('기생충');
});

test('words and filters go together', async ({ page }) => {
  const gateway = new Gateway(page);
  const catalogue = await gateway.catalogue();
  const found = await gateway.search('love');
  expect(found.length).toBeGreaterThan(3);
  await open(page, '/search?q=love');
  expect((await allShownIds(page)).slice(0, found.length)).toEqual(found);

  const movies = lookUp(catalogue, found);
  const genre = movies.flatMap(({ genres }) => genres).find((genre) => !movies.every(({ genres }) => genres.includes(genre)))!;
  await choose(page, '장르', genre);
  const expected = movies.filter(({ genres }) => genres.includes(genre));
  const shown = await allShownIds(page);
  expect(shown.slice(0, expected.length)).toEqual(idsOf(expected));
  expect(lookUp(catalogue, shown).filter(({ genres }) => !genres.includes(genre))).toEqual([]);
});

test('scrolling brings the next movies, each once and in the same order', async ({ page }) => {
  const gateway = new Gateway(page);
  await open(page, '/search?sort=newest');
  const first = await shownIds(page);
  await searched(page, () => cards(page).last().scrollIntoViewIfNeeded());
  const shown = await shownIds(page);
  expect(shown.length).toBeGreaterThan(first.length);
  expect(shown.slice(0, first.length)).toEqual(first);
  expect(new Set(shown).size).toBe(shown.length);
  const catalogue = await gateway.catalogue();
  expectFirstInOrder(lookUp(catalogue, shown), catalogue, byYear);
});
