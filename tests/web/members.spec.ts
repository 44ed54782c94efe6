// Profiles: following and audiences; and settings: sessions, name and language.
import { expect, test, type Browser, type Page } from '@playwright/test';
import { inBothLanguages, NAME, PASSWORD, haveRated, signIn, signUp } from './steps';

const WORDS = {
  ko: {
    followers: '팔로워',
    follow: `${NAME} 님 팔로우`,
    following: `${NAME} 님 팔로우 중`,
    anyFollow: /팔로우/,
    putBack: /원래대로 되돌렸어요/,
    watching: '보는중',
    noComments: `${NAME} 님은 아직 코멘트를 쓰지 않았어요.`,
    noShelf: `${NAME} 님이 아직 담은 영화가 없어요.`,
    toHome: '홈으로',
    ratings: '평가한 영화와 관람 기록',
    audiences: { followers: '팔로워만', nobody: '나만 보기' },
    save: '저장',
    saved: '저장했어요',
    hidden: `${NAME} 님이 공개하지 않았어요`,
    sessions: '로그인한 기기',
    thisOne: '지금 이 브라우저',
    ended: '기기 1대에서 로그아웃했어요',
    endOthers: '다른 기기 모두 로그아웃',
    signIn: '로그인',
    wrongName: '이름은 1–50자로 지어 주세요.',
    language: { legend: '계정 언어', other: 'English', page: 'en', title: 'Settings' }
  },
  en: {
    followers: 'Followers',
    follow: `Follow ${NAME}`,
    following: `Following ${NAME}`,
    anyFollow: /^Follow(ing)? /,
    putBack: /could not be saved and was undone/,
    watching: 'Watching',
    noComments: `${NAME} has not written any comments yet.`,
    noShelf: `Nothing here from ${NAME} yet.`,
    toHome: 'Back to home',
    ratings: 'Ratings and diary',
    audiences: { followers: 'Followers', nobody: 'Only you' },
    save: 'Save',
    saved: 'Saved',
    hidden: `${NAME} does not show this to you`,
    sessions: 'Where you are signed in',
    thisOne: 'This browser',
    ended: 'Signed out 1 browser',
    endOthers: 'Sign out everywhere else',
    signIn: 'Sign in',
    wrongName: 'A name has 1 to 50 characters.',
    language: { legend: 'Language of your account', other: '한국어', page: 'ko', title: '설정' }
  }
};

const cards = (page: Page) => page.locator('main article');

inBothLanguages(WORDS, (say, locale) => {
  async function anotherBrowser(browser: Browser, baseURL: string | undefined): Promise<Page> {
    const context = await browser.newContext({ baseURL: baseURL ?? '', locale });
    return context.newPage();
  }

  async function save(page: Page) {
    await page.getByRole('button', { name: say.save, exact: true }).click();
  }

  /** Sets the audience of the ratings. */
  async function showRatingsTo(page: Page, audience: string) {
    await page.goto('/settings');
    const ratings = page.getByRole('group', { name: say.ratings });
    await ratings.getByRole('radio', { name: audience, exact: true }).check();
    await save(page);
    await expect(page.getByText(say.saved, { exact: true })).toBeVisible();
    await page.reload();
    await expect(ratings.getByRole('radio', { name: audience, exact: true })).toBeChecked();
  }

  test('following updates the count at once, persists, and can be undone', async ({ page, browser, baseURL }) => {
    const followed = await signUp(page);
    const fan = await anotherBrowser(browser, baseURL);
    const fanHandle = await signUp(fan);
    await fan.goto(`/members/${followed}`);
    const followers = fan.locator('dl div', { hasText: say.followers }).getByRole('link');
    await expect(followers).toHaveText('0');
    await fan.getByRole('button', { name: say.follow, exact: true }).click();
    await expect(followers).toHaveText('1');
    await expect(fan.getByRole('button', { name: say.following })).toBeVisible();

    await page.goto(`/members/${followed}?tab=followers`);
    await expect(page.getByRole('link', { name: `@${fanHandle}` })).toBeVisible();
    await expect(page.getByRole('button', { name: say.anyFollow })).toHaveCount(1);

    await fan.reload();
    await fan.getByRole('button', { name: say.following }).click();
    await expect(followers).toHaveText('0');
    await fan.reload();
    await expect(followers).toHaveText('0');
    await fan.context().close();
  });

  test('a follow that cannot be saved is reverted with a message', async ({ page, browser, baseURL }) => {
    const followed = await signUp(page);
    const fan = await anotherBrowser(browser, baseURL);
    await signUp(fan);
    await fan.goto(`/members/${followed}`);
    await fan.route('**/graphql', (route) =>
      route.request().postData()?.includes('mutation Follow') ? route.abort() : route.continue()
    );
    await fan.getByRole('button', { name: say.follow, exact: true }).click();
    await expect(fan.getByText(say.putBack)).toBeVisible();
    await expect(fan.getByRole('button', { name: say.follow, exact: true })).toBeVisible();
    await fan.context().close();
  });

  test('ratings can be public, for followers, or private', async ({ page, browser, baseURL }) => {
    const handle = await signUp(page);
    await haveRated(page, 2);
    const reader = await anotherBrowser(browser, baseURL);
    await signUp(reader);
    await reader.goto(`/members/${handle}`);
    await expect(cards(reader)).toHaveCount(2);

    await showRatingsTo(page, say.audiences.followers);
    await reader.reload();
    await expect(reader.getByText(say.hidden)).toBeVisible();
    await expect(cards(reader)).toHaveCount(0);
    // The page does not request the hidden sections; the API refuses them to those who do.
    const asked = await reader.request.get(`/api/v1/members/${handle}/ratings`);
    expect(asked.status()).toBe(403);
    await reader.getByRole('button', { name: say.follow, exact: true }).click();
    await expect(cards(reader)).toHaveCount(2);

    await showRatingsTo(page, say.audiences.nobody);
    // Taste is computed from ratings, so they hide it too.
    for (const address of [`/members/${handle}`, `/members/${handle}/taste`, `/members/${handle}/taste/movies`]) {
      await reader.goto(address);
      await expect(reader.getByText(say.hidden)).toBeVisible();
    }
    await page.goto(`/members/${handle}`);
    await expect(cards(page)).toHaveCount(2);
    await reader.context().close();
  });

  test('an empty profile says so, and an unknown handle is not found', async ({ page }) => {
    const handle = await signUp(page);
    await page.goto(`/members/${handle}?tab=comments`);
    await expect(page.getByText(say.noComments)).toBeVisible();
    await page.getByRole('tab', { name: say.watching }).click();
    await expect(page).toHaveURL(/tab=watching$/);
    await expect(page.getByText(say.noShelf)).toBeVisible();
    await page.goto('/members/nobody_has_this_handle');
    await expect(page.getByRole('link', { name: say.toHome })).toBeVisible();
  });

  test('sessions in other browsers are ended from the list, and these notice within seconds', async ({
    page,
    browser,
    baseURL
  }) => {
    const handle = await signUp(page);
    const other = await anotherBrowser(browser, baseURL);
    await signIn(other, handle, PASSWORD);
    await page.goto('/settings');
    const sessions = page.getByRole('region', { name: say.sessions });
    await expect(sessions.getByRole('listitem')).toHaveCount(2);
    await expect(sessions.getByRole('listitem').first()).toContainText(say.thisOne);
    await sessions.getByRole('listitem').nth(1).getByRole('button').click();
    await expect(page.getByText(say.ended)).toBeVisible();
    await expect(sessions.getByRole('listitem')).toHaveCount(1);
    await expect(async () => {
      await other.goto('/me');
      await expect(other.getByRole('main').getByRole('link', { name: say.signIn })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 10_000 });

    // Signed in again there, and all other sessions ended at once.
    await signIn(other, handle, PASSWORD);
    await page.reload();
    await expect(sessions.getByRole('listitem')).toHaveCount(2);
    await page.getByRole('button', { name: say.endOthers }).click();
    await expect(sessions.getByRole('listitem')).toHaveCount(1);
    await page.reload();
    await expect(sessions.getByRole('listitem')).toHaveCount(1);
    await other.context().close();
  });

  test('a blank name is refused at its field, and a valid one is shown everywhere at once', async ({ page }) => {
    await signUp(page);
    await page.goto('/settings');
    const name = page.locator('[name=display_name]');
    await name.fill('   ');
    await save(page);
    await expect(name).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText(say.wrongName)).toBeVisible();
    await name.fill('Zoë 김');
    await save(page);
    await expect(page.getByText(say.saved, { exact: true })).toBeVisible();
    await page.goto('/me');
    await expect(page.getByRole('main').getByText('Zoë 김', { exact: true })).toBeVisible();
  });

  test('the language of the account changes the page and persists', async ({ page }) => {
    await signUp(page);
    await page.goto('/settings');
    const languages = page.getByRole('main').getByRole('group', { name: say.language.legend });
    await languages.getByRole('radio', { name: say.language.other, exact: true }).check();
    await save(page);
    await expect(page.locator('html')).toHaveAttribute('lang', say.language.page);
    await expect(page.getByRole('heading', { level: 1, name: say.language.title })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1, name: say.language.title })).toBeVisible();
  });
});
