// Members and each other: the feed, taste similarity, comments of followed members first, and member search.
import { expect, test, type Browser, type Page } from '@playwright/test';
import { NAME, openMovie, haveRated, rateByApi, signUp } from './steps';

const words = {
  ko: {
    tab: '소식',
    nobody: '아직 아무도 팔로우하지 않았어요.',
    suggestions: '이런 회원은 어때요?',
    follow: `${NAME} 님 팔로우`,
    rated: `${NAME} 님이 영화 6편을 평가했어요`,
    wished: new RegExp(`${NAME} 님이 .+ ‘보고싶어요’에 담았어요`),
    commented: new RegExp(`${NAME} 님이 기생충에 코멘트를 남겼어요`),
    noMatch: '둘 다 평가한 영화가 5편이 되면',
    match: /취향 일치 \d+%/,
    common: '둘 다 평가한 영화 6편으로 비교했어요',
    members: '회원'
  },
  en: {
    tab: 'Feed',
    nobody: 'You do not follow anybody yet.',
    suggestions: 'Members you could follow',
    follow: `Follow ${NAME}`,
    rated: `${NAME} rated 6 movies`,
    wished: new RegExp(`${NAME} wants to watch .+`),
    commented: new RegExp(`${NAME} wrote about Parasite`),
    noMatch: 'Once you have both rated 5 of the same movies',
    match: /\d+% taste match/,
    common: 'From 6 movies you have both rated',
    members: 'Members'
  }
} as const;

async function somebodyElse(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL: baseURL ?? '', locale: 'ko-KR' });
  return context.newPage();
}

for (const language of ['ko', 'en'] as const) {
  test(`the feed shows the activity of a followed member, in ${language}`, async ({ page, browser, baseURL }) => {
    const say = words[language];
    const followed = await signUp(page);
    const movies = await haveRated(page, 6);

    const fan = await somebodyElse(browser, baseURL);
    await signUp(fan);
    await fan.evaluate((language) => localStorage.setItem('matcha.language', language), language);
    await fan.reload();
    await fan.getByRole('navigation').first().getByRole('link', { name: say.tab, exact: true }).click();
    await expect(fan).toHaveURL('/feed');
    await expect(fan.getByText(say.nobody)).toBeVisible();
    await expect(fan.getByRole('region', { name: say.suggestions }).getByRole('listitem').first()).toBeVisible();

    // No movie in common yet: the profile says so.
    await fan.goto(`/members/${followed}`);
    await expect(fan.getByText(say.noMatch)).toBeVisible();
    // Leaving the page at once would cancel the request.
    const saved = fan.waitForResponse((answer) => answer.request().postData()?.includes('mutation Follow') ?? false);
    await fan.getByRole('button', { name: say.follow, exact: true }).click();
    await saved;
    await fan.goto('/feed');
    const news = fan.locator('article[data-kind]');
    await expect(news).toHaveCount(1);
    await expect(news.first().getByRole('heading', { name: say.rated })).toBeVisible();
    await expect(news.first().locator('[data-movie]')).toHaveCount(6);

    // A wish and a comment are newer than the ratings, and the comment is veiled.
    await openMovie(page, '기생충');
    await page.getByRole('button', { name: '보고싶어요' }).click();
    const mine = page.getByRole('region', { name: '내 코멘트' });
    await mine.getByRole('textbox').fill('결말에서 모두 사라진다');
    await mine.getByRole('switch').check();
    await mine.getByRole('button', { name: '남기기' }).click();
    await expect(mine.locator('[data-state]')).not.toHaveAttribute('data-state', 'CHECKING', { timeout: 10_000 });
    await expect(async () => {
      await fan.reload();
      await expect(news).toHaveCount(3, { timeout: 2_000 });
    }).toPass();
    await expect(news.nth(0).getByRole('heading', { name: say.commented })).toBeVisible();
    await expect(news.nth(1).getByRole('heading', { name: say.wished })).toBeVisible();
    await expect(news.nth(0).getByText('결말에서 모두 사라진다')).toHaveCount(0);

    // Six common movies are enough for a taste similarity.
    await rateByApi(fan, movies, (place) => 2 + 2 * (place % 4));
    await expect(async () => {
      await fan.goto(`/members/${followed}`);
      await expect(fan.getByText(say.match)).toBeVisible({ timeout: 2_000 });
    }).toPass();
    await expect(fan.getByText(say.common)).toBeVisible();
    await page.goto(`/members/${followed}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(words.ko.match)).toHaveCount(0);

    // Found by handle in the search box, and by name on the search page.
    await fan.getByRole('combobox').first().fill(followed);
    const option = fan.getByRole('group', { name: say.members }).getByRole('option');
    await expect(option).toContainText(`@${followed}`);
    await option.click();
    await expect(fan).toHaveURL(`/members/${followed}`);
    await fan.goto(`/search?q=${encodeURIComponent(NAME)}`);
    await expect(fan.getByRole('region', { name: say.members }).getByRole('listitem').first()).toContainText(NAME);
    await fan.context().close();
  });
}

test('the comment of a followed member is before those with more likes', async ({ page, browser, baseURL }) => {
  const liked = await somebodyElse(browser, baseURL);
  await signUp(liked);
  const followed = await signUp(page);
  const comments: string[] = [];
  for (const [author, text] of [
    [liked, `많이들 좋아하는 글 ${followed}`],
    [page, `아는 사람이 쓴 글 ${followed}`]
  ] as const) {
    await openMovie(author, '오아시스');
    const mine = author.getByRole('region', { name: '내 코멘트' });
    await mine.getByRole('textbox').fill(text);
    await mine.getByRole('button', { name: '남기기' }).click();
    await expect(mine.locator('[data-state=PUBLIC]')).toBeVisible({ timeout: 10_000 });
    comments.push(text);
  }
  const [manyLikes = '', known = ''] = comments;
  const address = `${new URL(page.url()).pathname}/comments`;

  const reader = await somebodyElse(browser, baseURL);
  await signUp(reader);
  await reader.goto(address);
  await reader
    .locator('article', { hasText: manyLikes })
    .getByRole('button', { name: /좋아요/ })
    .click();
  await reader.goto(`/members/${followed}`);
  await reader.getByRole('button', { name: `${NAME} 님 팔로우`, exact: true }).click();
  await reader.goto(address);
  await expect(reader.locator('main article').first()).toContainText(known);
  await expect(reader.locator('main article', { hasText: manyLikes })).toBeVisible();
  for (const one of [liked, reader]) await one.context().close();
});

test('an unavailable feed shows an error and can be retried', async ({ page }) => {
  await signUp(page);
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('query Feed') ? route.abort() : route.continue()
  );
  await page.goto('/feed');
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible();
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: '다시 시도' }).click();
  await expect(page.getByText(words.ko.nobody)).toBeVisible();
});
