// The taste page: the member's own, shared by link, and links from its numbers to the movies.
import { expect, test, type Page } from '@playwright/test';
import { PASSWORD, clickStars, openMovie, pressInMenu, haveRated, signOut, signUp } from './steps';

/** Reloads a taste page until it has the count; the service gets ratings by event. */
async function openTaste(page: Page, address: string, count: string) {
  await expect(async () => {
    await page.goto(address);
    await expect(page.locator('dl').getByText(count)).toBeVisible({ timeout: 2_000 });
  }).toPass();
}

const words = {
  ko: {
    own: '내 취향 분석',
    tab: '취향',
    count: '12편',
    genres: '좋아하는 장르',
    stars: '별점 분포',
    copy: '링크 복사',
    copied: '링크를 복사했어요'
  },
  en: {
    own: 'Your taste',
    tab: 'Taste',
    count: '12 movies',
    genres: 'Favourite genres',
    stars: 'Rating distribution',
    copy: 'Copy link',
    copied: 'Link copied'
  }
} as const;

for (const language of ['ko', 'en'] as const) {
  test(`a taste page is computed from ratings and shared by link, in ${language}`, async ({ page, browser, baseURL }) => {
    const say = words[language];
    const handle = await signUp(page);
    await haveRated(page, 12);
    await page.evaluate((language) => localStorage.setItem('matcha.language', language), language);
    await page.reload();
    await page.getByRole('navigation').first().getByRole('link', { name: say.tab, exact: true }).click();
    await expect(page).toHaveURL('/taste');
    await expect(page.getByRole('heading', { level: 1, name: say.own })).toBeVisible();
    await openTaste(page, '/taste', say.count);

    // Bars of stars that were given are links; the linked page has as many movies.
    const bars = page.getByRole('region', { name: say.stars }).getByRole('listitem');
    await expect(bars).toHaveCount(10);
    await expect(page.locator('.lc-bars').first()).toBeAttached();
    const bar = bars.getByRole('link').first();
    const given = Number(((await bar.getAttribute('aria-label')) ?? '').match(/(\d+)\D*$/)?.[1]);
    await bar.click();
    await expect(page).toHaveURL(/\/me\?stars=\d\.[05]$/);
    await expect(page.locator('main article')).toHaveCount(given);

    await page.goBack();
    const genre = page.getByRole('region', { name: say.genres }).getByRole('link').first();
    const count = Number(((await genre.getAttribute('aria-label')) ?? '').match(/(\d+)\D*$/)?.[1]);
    expect(count).toBeGreaterThan(0);
    await genre.click();
    await expect(page).toHaveURL(new RegExp(`/members/${handle}/taste/movies\\?genre=\\w+$`));
    await expect(page.locator('main article')).toHaveCount(count);

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto('/taste');
    await page.getByRole('button', { name: say.copy }).click();
    await expect(page.getByText(say.copied)).toBeVisible();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(link).pathname).toBe(`/members/${handle}/taste`);

    // A visitor, in the other language.
    const other = language === 'ko' ? 'en' : 'ko';
    const visitor = await browser.newContext({ locale: other === 'ko' ? 'ko-KR' : 'en-US', baseURL });
    const seen = await visitor.newPage();
    await openTaste(seen, link, words[other].count);
    await expect(seen.getByRole('heading', { level: 1 })).toContainText('시험 회원');
    await seen.getByRole('region', { name: words[other].stars }).getByRole('link').first().click();
    await expect(seen.locator('main .grid > li').first()).toContainText('시험 회원');
    await visitor.close();
  });
}

test('a member of the lowest and the highest stars only is called so, and the bars use the scale around the mean', async ({
  page
}) => {
  await signUp(page);
  await haveRated(page, 20, (row) => (row % 2 ? 3 : 10));
  await openTaste(page, '/taste', '20편');
  await expect(page.getByText('좋거나 싫거나 둘 중 하나인 사람')).toBeVisible();
  // The farthest score fills its half; the others in proportion. A bar is the paler the fewer movies it is from.
  const genres = page.getByRole('region', { name: '좋아하는 장르' });
  await genres.getByRole('button', { name: /모두 보기/ }).click();
  const rows = genres.getByRole('link');
  const drawn = await rows.evaluateAll((links) =>
    links.map((link) => {
      const [score, count] = [...(link.getAttribute('aria-label') ?? '').matchAll(/(\d+)(?=점,|편)/g)].map(([, digits]) =>
        Number(digits)
      );
      const bar = link.querySelector('.bar');
      const scale = bar?.parentElement?.getBoundingClientRect();
      const box = bar?.getBoundingClientRect();
      if (!bar || !scale || !box || score === undefined || count === undefined) throw new Error(link.outerHTML);
      const at = (x: number) => ((x - scale.left) / scale.width) * 100;
      return { score, count, from: at(box.left), to: at(box.right), opacity: Number(getComputedStyle(bar).opacity) };
    })
  );
  expect(drawn.length).toBeGreaterThan(3);
  const distance = (score: number) => Math.abs(score - 50);
  const longest = drawn.toSorted((a, b) => distance(a.score) - distance(b.score)).at(-1);
  if (!longest) throw new Error('no bars');
  const reach = (distance(longest.score) / (longest.to - longest.from)) * 50;
  expect(longest.to - longest.from).toBeGreaterThan(35);
  for (const { score, from, to } of drawn) {
    expect(Math.abs(from - (50 + (Math.min(score - 50, 0) / reach) * 50))).toBeLessThan(1.5);
    expect(Math.abs(to - (50 + (Math.max(score - 50, 0) / reach) * 50))).toBeLessThan(1.5);
  }
  expect(Math.max(...drawn.map(({ score }) => score))).toBeGreaterThan(50);
  expect(Math.min(...drawn.map(({ score }) => score))).toBeLessThan(50);
  const byCount = drawn.toSorted((a, b) => a.count - b.count);
  expect(byCount[0]?.opacity).toBeLessThan(byCount.at(-1)?.opacity ?? 0);
});

const tagging = {
  ko: {
    log: '관람 기록',
    save: '저장',
    movies: '1편',
    tags: '자주 쓰는 태그',
    likes: '받은 좋아요',
    tagged: '#IMAX, 선호도 100점 만점에 50점, 1편',
    untagged: '#집에서, 1편, 아직 별점 없음',
    clear: '#IMAX 태그 해제',
    one: '기록 1개',
    two: '기록 2개'
  },
  en: {
    log: 'Log a watch',
    save: 'Save',
    movies: '1 movie',
    tags: 'Favourite tags',
    likes: 'Likes received',
    tagged: '#IMAX: preference 50 out of 100, 1 movie',
    untagged: '#집에서: 1 movie, none rated yet',
    clear: 'Clear the tag #IMAX',
    one: '1 watch',
    two: '2 watches'
  }
} as const;

for (const language of ['ko', 'en'] as const) {
  test(`a favourite tag links to its watches, and the likes to the comments, in ${language}`, async ({
    page,
    browser,
    baseURL
  }) => {
    const say = tagging[language];
    const handle = await signUp(page);
    await page.evaluate((language) => localStorage.setItem('matcha.language', language), language);
    const log = async (movie: string, tag: string) => {
      await openMovie(page, movie);
      await pressInMenu(page, say.log);
      const dialog = page.getByRole('dialog');
      await dialog.locator('input:not([type])').fill(tag);
      await dialog.getByRole('button', { name: say.save }).click();
      await expect(dialog).toHaveCount(0);
    };
    await log('살인의 추억', '집에서');
    await log('기생충', 'IMAX');
    const rated = page.waitForResponse((answer) => answer.request().postData()?.includes('mutation Rate') ?? false);
    await clickStars(page.locator('main'), 9);
    await rated;
    await openTaste(page, '/taste', say.movies);

    await expect(page.locator('dl > div', { hasText: say.likes }).getByRole('link', { name: '0', exact: true })).toHaveAttribute(
      'href',
      `/members/${handle}?tab=comments`
    );
    const tags = page.getByRole('region', { name: say.tags }).getByRole('link');
    await expect(tags).toHaveCount(2);
    await expect(tags.nth(1)).toHaveAccessibleName(say.untagged);
    await page.getByRole('link', { name: say.tagged }).click();
    await expect(page).toHaveURL('/me?tab=watches&tag=IMAX');
    const panel = page.getByRole('tabpanel');
    await expect(panel.getByText(say.one, { exact: true })).toBeVisible();
    await expect(panel.getByText('#집에서')).toHaveCount(0);
    await panel.getByRole('link', { name: say.clear }).click();
    await expect(page).toHaveURL('/me?tab=watches');
    await expect(panel.getByText(say.two, { exact: true })).toBeVisible();

    // For a visitor, the link leads to the diary on the profile.
    const context = await browser.newContext({ baseURL: baseURL ?? '', locale: language === 'ko' ? 'ko-KR' : 'en-US' });
    const visitor = await context.newPage();
    await visitor.goto(`/members/${handle}/taste`);
    await visitor.getByRole('link', { name: say.tagged }).click();
    await expect(visitor).toHaveURL(`/members/${handle}?tab=watches&tag=IMAX`);
    await expect(visitor.getByRole('tabpanel').getByText(say.one, { exact: true })).toBeVisible();
    await visitor.getByRole('link', { name: say.clear }).click();
    await expect(visitor.getByRole('tabpanel').getByText(say.two, { exact: true })).toBeVisible();
    await context.close();
  });
}

test('the own taste page requires signing in, and without ratings links to the rate page', async ({ page }) => {
  const handle = await signUp(page);
  await signOut(page);
  await page.goto('/taste');
  await expect(page).toHaveURL('/sign-in?next=/taste');
  await page.locator('main [name=login]').fill(handle);
  await page.locator('main [name=password]').fill(PASSWORD);
  await page.locator('main button[type=submit]').click();
  await expect(page).toHaveURL('/taste');
  await expect(page.getByText('아직 들려줄 취향이 없어요.')).toBeVisible();
  await page.locator('main').getByRole('link', { name: '평가 시작하기' }).click();
  await expect(page).toHaveURL('/rate');
});

test('the taste page of an unknown handle is not found', async ({ page }) => {
  for (const nobody of ['nobody_at_all', 'x', '%EB%AF%B8%EB%82%98']) {
    await page.goto(`/members/${nobody}/taste`);
    await expect(page.getByText('그런 회원이 없어요').last()).toBeVisible();
  }
  await page.goto('/members/nobody_at_all/taste/movies?genre=drama');
  await expect(page.getByText('그런 회원이 없어요').last()).toBeVisible();
});
