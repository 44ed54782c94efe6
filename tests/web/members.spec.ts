// Profiles as members and visitors see them: following, what is shown to whom, and where one is signed in.
import { expect, test, type Browser, type Page } from '@playwright/test';
import { PASSWORD, rateRows, signIn, signUp } from './steps';

async function anotherBrowser(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL: baseURL ?? '' });
  return context.newPage();
}

/** Chooses who sees the ratings, and saves. */
async function showRatingsTo(page: Page, audience: string) {
  await page.goto('/settings');
  const ratings = page.getByRole('group', { name: '평가한 영화' });
  await ratings.getByRole('radio', { name: audience, exact: true }).check();
  await page.getByRole('button', { name: '저장', exact: true }).click();
  await expect(page.getByText('저장했어요')).toBeVisible();
}

const cards = (page: Page) => page.locator('main article');

test('following is counted at once, stays, and ends again', async ({ page, browser, baseURL }) => {
  const followed = await signUp(page);
  const fan = await anotherBrowser(browser, baseURL);
  const fanHandle = await signUp(fan);
  await fan.goto(`/members/${followed}`);
  const followers = fan.locator('dl div', { hasText: '팔로워' }).getByRole('link');
  await expect(followers).toHaveText('0');
  await fan.getByRole('button', { name: '시험 회원 님 팔로우', exact: true }).click();
  await expect(followers).toHaveText('1');
  await expect(fan.getByRole('button', { name: '시험 회원 님 팔로우 중' })).toBeVisible();

  await page.goto(`/members/${followed}?tab=followers`);
  await expect(page.getByRole('link', { name: `@${fanHandle}` })).toBeVisible();
  await expect(page.getByRole('button', { name: /팔로우/ })).toHaveCount(1);

  await fan.reload();
  await fan.getByRole('button', { name: '시험 회원 님 팔로우 중' }).click();
  await expect(followers).toHaveText('0');
  await fan.reload();
  await expect(followers).toHaveText('0');
  await fan.context().close();
});

test('a follow that cannot be saved is taken back with a message', async ({ page, browser, baseURL }) => {
  const followed = await signUp(page);
  const fan = await anotherBrowser(browser, baseURL);
  await signUp(fan);
  await fan.goto(`/members/${followed}`);
  await fan.route('**/graphql', (route) =>
    route.request().postData()?.includes('mutation Follow') ? route.abort() : route.continue()
  );
  await fan.getByRole('button', { name: '시험 회원 님 팔로우', exact: true }).click();
  await expect(fan.getByText(/원래대로 되돌렸어요/)).toBeVisible();
  await expect(fan.getByRole('button', { name: '시험 회원 님 팔로우', exact: true })).toBeVisible();
  await fan.context().close();
});

test('ratings are seen by everybody, by followers, or by nobody else', async ({ page, browser, baseURL }) => {
  const handle = await signUp(page);
  await rateRows(page, 2);
  const reader = await anotherBrowser(browser, baseURL);
  await signUp(reader);
  await reader.goto(`/members/${handle}`);
  await expect(cards(reader)).toHaveCount(2);

  await showRatingsTo(page, '팔로워만');
  await reader.reload();
  await expect(reader.getByText('시험 회원 님이 공개하지 않았어요')).toBeVisible();
  await expect(cards(reader)).toHaveCount(0);
  // The page asks for nothing that it may not have; whoever asks all the same is refused by the owner of the data.
  const asked = await reader.request.get(`/api/v1/members/${handle}/ratings`);
  expect(asked.status()).toBe(403);
  await reader.getByRole('button', { name: '시험 회원 님 팔로우', exact: true }).click();
  await expect(cards(reader)).toHaveCount(2);

  await showRatingsTo(page, '나만 보기');
  // The films behind a taste are ratings too.
  for (const address of [`/members/${handle}`, `/members/${handle}/taste/movies`]) {
    await reader.goto(address);
    await expect(reader.getByText('시험 회원 님이 공개하지 않았어요')).toBeVisible();
  }
  await page.goto(`/members/${handle}`);
  await expect(cards(page)).toHaveCount(2);
  await reader.context().close();
});

test('a profile without anything says so, and one of nobody is none', async ({ page }) => {
  const handle = await signUp(page);
  await page.goto(`/members/${handle}?tab=comments`);
  await expect(page.getByText('시험 회원 님은 아직 코멘트를 쓰지 않았어요.')).toBeVisible();
  await page.getByRole('tab', { name: '보는중' }).click();
  await expect(page).toHaveURL(/tab=watching$/);
  await expect(page.getByText('시험 회원 님이 아직 담은 영화가 없어요.')).toBeVisible();
  await page.goto('/members/nobody_has_this_handle');
  await expect(page.getByRole('link', { name: '홈으로' })).toBeVisible();
});

test('another browser is signed out from the list, and notices within seconds', async ({ page, browser, baseURL }) => {
  const handle = await signUp(page);
  const other = await anotherBrowser(browser, baseURL);
  await signIn(other, handle, PASSWORD);
  await page.goto('/settings');
  const sessions = page.getByRole('region', { name: '로그인한 기기' });
  await expect(sessions.getByRole('listitem')).toHaveCount(2);
  await expect(sessions.getByRole('listitem').first()).toContainText('지금 이 브라우저');
  await sessions.getByRole('listitem').nth(1).getByRole('button').click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await expect(async () => {
    await other.goto('/me');
    await expect(other.getByRole('main').getByRole('link', { name: '로그인' })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 10_000 });
  await page.reload();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await other.context().close();
});

test('a name of spaces is refused at its field', async ({ page }) => {
  await signUp(page);
  await page.goto('/settings');
  await page.locator('[name=display_name]').fill('   ');
  await page.getByRole('button', { name: '저장', exact: true }).click();
  await expect(page.locator('[name=display_name]')).toHaveAttribute('aria-invalid', 'true');
});
