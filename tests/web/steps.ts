// Steps that the tests share.
import { expect, test, type Locator, type Page } from '@playwright/test';

export const PASSWORD = 'a calm sentence about movies';
/** The display name of all test members, who differ by their handles. */
export const NAME = '시험 회원';

export type Language = 'ko' | 'en';
const LOCALES: Record<Language, string> = { ko: 'ko-KR', en: 'en-US' };

/** Defines the same tests for both languages, with the texts of each. */
export function inBothLanguages<Words>(words: Record<Language, Words>, play: (say: Words, locale: string) => void) {
  for (const language of ['ko', 'en'] as const) {
    test.describe(`in ${language}`, () => {
      test.use({ locale: LOCALES[language] });
      play(words[language], LOCALES[language]);
    });
  }
}

let members = 0;

/** A new handle, unique also when tests are repeated against the same cluster. */
export const newHandle = () => `t${Date.now().toString(36)}${(members++).toString(36)}`;

export async function fillSignUp(form: Page | Locator, handle: string) {
  await form.locator('[name=handle]').fill(handle);
  await form.locator('[name=display_name]').fill(NAME);
  await form.locator('[name=email]').fill(`${handle}@example.org`);
  await form.locator('[name=password]').fill(PASSWORD);
  await form.locator('button[type=submit]').click();
}

/** Signs up, which leads to the rate page. */
export async function signUp(page: Page): Promise<string> {
  const handle = newHandle();
  await page.goto('/sign-up');
  await fillSignUp(page.locator('main'), handle);
  await expect(page).toHaveURL('/rate');
  await expect(page.locator('main ol > li').first()).toBeVisible();
  return handle;
}

export async function signIn(page: Page, login: string, password: string) {
  await page.goto('/sign-in');
  await page.locator('main [name=login]').fill(login);
  await page.locator('main [name=password]').fill(password);
  await page.locator('main button[type=submit]').click();
  await expect(page).toHaveURL('/');
}

const SIGN_OUT = { menu: '메뉴와 설정', signOut: '로그아웃', signIn: '로그인' };

export async function signOut(page: Page, say = SIGN_OUT) {
  await page.getByRole('button', { name: say.menu }).click();
  await page.getByRole('button', { name: say.signOut }).click();
  await expect(page.getByRole('link', { name: say.signIn })).toBeVisible();
}

/** Clicks a half step: halves 9 is 4.5 stars. */
export async function clickStars(within: Locator, halves: number) {
  const radio = within.locator(`input[type=radio][value="${halves}"]`);
  await radio.scrollIntoViewIfNeeded();
  await radio.click();
}

export const rows = (page: Page) => page.locator('main ol > li');
export const ratedCount = (page: Page) => page.getByTestId('rated-count');

/** Rates the first rows of the rate page by mouse. */
export async function rateRows(page: Page, count: number, halves: (row: number) => number = (row) => 5 + (row % 6)) {
  for (let row = 0; row < count; row++) {
    await clickStars(rows(page).nth(row), halves(row));
    await expect(rows(page).nth(row).locator('[data-line=rated]')).toBeVisible();
  }
  await expect(ratedCount(page)).toContainText(String(count));
}

/** Rates these movies through the API with the session of the page, which is loaded again for its token. */
export async function rateByApi(page: Page, movies: readonly string[], halves: (place: number) => number) {
  const asked = page.waitForRequest((request) => Boolean(request.headers()['authorization']));
  await page.reload();
  const authorization = (await asked).headers()['authorization'] ?? '';
  for (const [place, movie] of movies.entries()) {
    const rating = { headers: { authorization }, data: { stars: halves(place) / 2 } };
    const answer = await page.request.put(`/api/v1/movies/${movie}/rating`, rating);
    expect(answer.ok()).toBe(true);
  }
}

/**
 * Rates the first movies of the rate page through the API and returns their ids: for tests of what follows from ratings, in a quarter
 * of the time of `rateRows`. The rate page, loaded again, no longer offers these movies.
 */
export async function haveRated(page: Page, count: number, halves: (row: number) => number = (row) => 5 + (row % 6)) {
  const links = await rows(page)
    .locator('h2 a')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')?.split('/').pop() ?? ''));
  const movies = links.slice(0, count);
  await rateByApi(page, movies, halves);
  await page.reload();
  await expect(ratedCount(page)).toContainText(String(count));
  await expect(rows(page).first()).toBeVisible();
  return movies;
}

/** Opens the first person in the search results. */
export async function openPerson(page: Page, query: string) {
  await page.goto(`/search?q=${encodeURIComponent(query)}`);
  await page.locator('main a[href^="/people/"]').first().click();
  await expect(page).toHaveURL(/\/people\//);
  await expect(page.locator('main h1')).toBeVisible();
}

/** Opens the first movie in the search results. */
export async function openMovie(page: Page, query: string) {
  await page.goto(`/search?q=${encodeURIComponent(query)}`);
  await page.locator('main article a').first().click();
  await expect(page).toHaveURL(/\/movies\//);
  await expect(page.locator('main h1')).toBeVisible();
}

/** Opens the menu with three dots of a movie's page and presses a button in it. */
export async function pressInMenu(page: Page, name: string) {
  // The first such button is that of the head; sections below have buttons of the same name.
  await page
    .getByRole('button', { name: /더 보기$|^More for / })
    .first()
    .click();
  await page.getByRole('button', { name, exact: true }).click();
}
