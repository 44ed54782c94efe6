// All features by keyboard: every Tab stop has a visible focus and is within a bounded number of stops.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { newHandle, openMovie, PASSWORD, ratedCount, rows, signUp } from './steps';

test.use({ locale: 'en-US' });

/** Whether the focus is visible: on the element, or on the element drawn in place of a hidden input. */
const seen = () => {
  const outlined = (element: Element | null | undefined) => {
    const style = element && getComputedStyle(element);
    return style ? style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 : false;
  };
  const at = document.activeElement;
  return [at, at?.nextElementSibling, at?.closest('label'), at?.closest('fieldset')].some(outlined);
};

/** Presses Tab until an element of `wanted` has the focus. */
async function tabTo(page: Page, wanted: Locator, most = 12) {
  await expect(wanted.first()).toBeAttached();
  const reached = () => wanted.evaluateAll((all) => all.some((one) => one === document.activeElement));
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab');
    if (!(await reached())) continue;
    expect(await page.evaluate(seen), `the focus is seen on ${String(wanted)}`).toBe(true);
    return;
  }
  const stopped = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
  throw new Error(`${String(wanted)} is not reached with ${most} times Tab, which ended at ${stopped}`);
}

async function press(page: Page, wanted: Locator, key = 'Enter', most?: number) {
  await tabTo(page, wanted, most);
  await page.keyboard.press(key);
}

const button = (within: Page | Locator, name: string | RegExp) => within.getByRole('button', { name, exact: true });
const radio = (within: Page | Locator, name: string | RegExp) => within.getByRole('radio', { name });

/** Follows the skip link to the main content. */
async function skipToContent(page: Page) {
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  await press(page, page.getByRole('link', { name: 'Skip to content' }), 'Enter', 1);
}

test('signing up, rating ten, the appearance, signing out', async ({ page }) => {
  await page.goto('/');
  const menu = button(page, 'Menu and settings');
  await press(page, menu, 'Enter', 20);
  await tabTo(page, radio(page, 'System'));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  // Closing the menu returns the focus to its button.
  await page.keyboard.press('Escape');
  await expect(menu).toBeFocused();
  await page.keyboard.press('Enter');
  await press(page, page.getByRole('link', { name: 'Sign up' }));
  await expect(page).toHaveURL('/sign-up');

  const main = page.locator('main');
  const handle = newHandle();
  for (const [field, typed] of [
    ['handle', handle],
    ['display_name', 'Ann'],
    ['email', `${handle}@example.org`],
    ['password', PASSWORD]
  ] as const) {
    const input = main.locator(`[name=${field}]`);
    if (!(await input.evaluate((one) => one === document.activeElement))) await tabTo(page, input, 20);
    await page.keyboard.type(typed);
  }
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/rate');

  await expect(rows(page).first()).toBeVisible();
  for (let row = 0; row < 10; row++) {
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press(row % 2 ? 'Shift+Digit4' : '5');
    await expect(rows(page).nth(row).locator('[data-line=rated]')).toContainText(row % 2 ? '3.5' : '5.0');
  }
  await expect(ratedCount(page)).toContainText('10');
  const unlocked = page.getByRole('heading', { name: 'Predicted stars unlocked' });
  await expect(unlocked).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(unlocked).toHaveCount(0);

  // Undo the last rating.
  await page.keyboard.press('Control+z');
  await expect(rows(page).nth(9).locator('[data-line=rated]')).toHaveCount(0);
  await expect(ratedCount(page)).toContainText('9');
  // The menu of the focused row is the next stop: the eleven radio buttons are one.
  await press(page, button(rows(page).nth(9), /^More for/), 'Enter', 3);
  await press(page, button(rows(page).nth(9), 'Want to watch'), 'Enter', 1);
  await expect(rows(page).nth(9)).toContainText('Want to watch');
  await expect(button(rows(page).nth(9), /^More for/)).toBeFocused();

  await skipToContent(page);
  await press(page, button(page, 'Popular'));
  await expect(button(page, 'Popular')).toHaveAttribute('aria-pressed', 'true');
  await tabTo(page, page.getByLabel('Choose: By genre'));
  await page.keyboard.press('ArrowDown');
  await expect(button(page, 'Popular')).toHaveAttribute('aria-pressed', 'false');

  await page.goto('/');
  await press(page, menu, 'Enter', 20);
  await press(page, button(page, 'Sign out'));
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('searching for a movie, and all actions on its page', async ({ page }) => {
  await signUp(page);
  await page.keyboard.press('/');
  await page.keyboard.type('parasit');
  await expect(page.getByRole('option').first()).toContainText('Parasite');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Parasite' })).toBeVisible();

  await skipToContent(page);
  const stars = page.getByRole('group', { name: 'Your stars for Parasite' });
  await tabTo(page, radio(stars, 'No rating'));
  for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-score=rated]')).toContainText('3.5');
  await press(page, button(page, 'Want to watch'));
  await expect(button(page, 'Want to watch')).toHaveAttribute('aria-pressed', 'true');

  const more = page.getByRole('button', { name: 'More for Parasite' });
  await press(page, more);
  await press(page, button(page, 'Log a watch'));
  const dialog = page.getByRole('dialog');
  await expect(dialog.locator('input[type=date]')).toBeFocused();
  await press(page, dialog.getByRole('checkbox'), 'Space');
  await tabTo(page, dialog.getByLabel('Tags'));
  await page.keyboard.type('cinema');
  await press(page, button(dialog, 'Save'));
  await expect(page.getByRole('region', { name: 'When you watched it' })).toContainText('#cinema');
  await expect(more).toBeFocused();

  await page.keyboard.press('Enter');
  await press(page, button(page, 'Add to list…'));
  await press(page, button(dialog, 'New list'));
  await expect(dialog.getByLabel('Title')).toBeFocused();
  await page.keyboard.type('Rainy days');
  await page.keyboard.press('Enter');
  const box = dialog.getByRole('checkbox', { name: 'Rainy days' });
  await expect(box).toBeChecked();
  await expect(button(dialog, 'New list')).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await expect(box).not.toBeChecked();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(more).toBeFocused();

  // The watch is deleted, and restored by Ctrl+Z while the message is shown.
  const watches = page.getByRole('region', { name: 'When you watched it' });
  await press(page, watches.getByRole('button', { name: /^Delete the watch/ }), 'Enter', 40);
  await expect(watches).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(watches).toContainText('#cinema');
});

test('writing, answering and deleting a comment', async ({ page, browser }) => {
  await signUp(page);
  await openMovie(page, 'Parasite');
  const movie = new URL(page.url()).pathname;
  const mine = page.getByRole('region', { name: 'Your comment' });
  await skipToContent(page);
  await press(page, button(page, 'Write a comment'), 'Enter', 20);
  await expect(mine.getByRole('textbox')).toBeFocused();
  await expect(mine.getByRole('textbox')).toBeInViewport();
  const name = newHandle();
  await page.keyboard.type(`Seen by ${name}`);
  await press(page, mine.getByRole('switch'), 'Space', 1);
  await press(page, button(mine, 'Post'), 'Enter', 1);
  await expect(mine.locator('[data-state=PUBLIC]')).toBeVisible();
  await expect(button(mine, 'Edit')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(mine.getByRole('textbox')).toBeFocused();
  await press(page, button(mine, 'Cancel'));
  await expect(button(mine, 'Edit')).toBeFocused();

  const other = await (await browser.newContext({ locale: 'en-US' })).newPage();
  await signUp(other);
  await other.goto(`${movie}/comments?sort=newest`);
  const card = other.locator('article', { has: other.getByRole('button', { name: /^Show it anyway/ }) }).first();
  await expect(card).toBeVisible();
  await skipToContent(other);
  await press(other, other.getByRole('button', { name: /^Show it anyway/ }));
  const shown = other.locator('article', { hasText: name });
  await expect(shown).toBeVisible();
  const like = shown.getByRole('button', { name: /^Like the comment/ });
  await press(other, like);
  await expect(like).toHaveAttribute('aria-pressed', 'true');
  await press(other, button(shown, 'Reply'), 'Enter', 1);
  await tabTo(other, shown.getByRole('textbox'), 3);
  await other.keyboard.type('So did I');
  await press(other, button(shown, 'Post'), 'Enter', 2);
  await expect(button(shown, '1 reply')).toBeVisible();
  // The field is empty again and has the focus; the reply is before it.
  await expect(shown.getByRole('textbox')).toBeFocused();
  await other.keyboard.press('Shift+Tab');
  await expect(button(shown, 'Delete reply')).toBeFocused();
  await other.keyboard.press('Enter');
  await expect(button(shown, 'Reply')).toBeVisible();
  await expect(shown.getByRole('textbox')).toBeFocused();
  await other.context().close();

  await tabTo(page, button(mine, 'Delete'), 2);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Your comment is deleted')).toBeVisible();
  await expect(mine.getByRole('textbox')).toBeFocused();
});

test('members, settings and sessions', async ({ page }) => {
  await signUp(page);
  await page.goto('/members/demo');
  const main = page.locator('main');
  await expect(main.getByRole('tab').first()).toBeVisible();
  await skipToContent(page);
  const follow = main.getByRole('button', { name: /^Follow/ });
  await press(page, follow);
  await expect(follow).toHaveAccessibleName(/^Following/);
  // The tabs are one stop; arrow keys move between them.
  await tabTo(page, main.getByRole('tab', { name: 'Rated' }));
  await page.keyboard.press('ArrowRight');
  await expect(main.getByRole('tab', { name: 'Want to watch' })).toBeFocused();
  await expect(page).toHaveURL(/tab=wish$/);
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/tab=ratings$/);
  await tabTo(page, main.locator('article a'), 20);

  await page.goto('/feed');
  await expect(main.locator('article[data-kind]').first()).toBeVisible();
  await skipToContent(page);
  await press(page, main.locator('article[data-kind] a'));
  await expect(page).not.toHaveURL('/feed');

  await page.goto('/settings');
  const ratings = main.getByRole('group', { name: 'Ratings and diary' });
  await expect(ratings).toBeVisible();
  await skipToContent(page);
  await tabTo(page, main.locator('[name=display_name]'));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Bob');
  await tabTo(page, radio(ratings, 'Everybody'));
  await page.keyboard.press('ArrowRight');
  await expect(radio(ratings, 'Followers')).toBeChecked();
  await press(page, button(main, 'Save'));
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();
  await expect(radio(ratings, 'Followers')).toBeChecked();
  await expect(main.locator('[name=display_name]')).toHaveValue('Bob');
});

test('filters, a row of the home page, and ordering a list', async ({ page }) => {
  await signUp(page);
  await page.goto('/search');
  const main = page.locator('main');
  await expect(main.locator('article').first()).toBeVisible();
  await skipToContent(page);
  await tabTo(page, page.getByLabel('Genre'));
  await page.keyboard.type('Animation');
  await expect(page).toHaveURL(/genre=animation/);
  await tabTo(page, page.getByLabel('Sort'));
  await page.keyboard.type('Newest');
  await expect(page).toHaveURL(/sort=newest/);
  await press(page, main.locator('article a'), 'Enter', 4);
  await expect(page).toHaveURL(/\/movies\//);

  await page.goto('/');
  const row = main.locator('section[aria-labelledby]').first();
  await expect(row.locator('article').first()).toBeVisible();
  await skipToContent(page);
  // A focused card beyond the edge of the row is scrolled into view.
  const seventh = row.locator('article a').nth(9);
  await tabTo(page, seventh, 20);
  await expect(seventh).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/movies\//);

  await page.goto('/me?tab=lists');
  await expect(button(main, 'New list')).toBeVisible();
  await skipToContent(page);
  await press(page, button(main, 'New list'), 'Enter', 20);
  await expect(main.getByLabel('Title')).toBeFocused();
  await page.keyboard.type('For the winter');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/lists\//);
  for (const movie of ['Parasite', 'Oldboy']) {
    if (movie === 'Parasite') await press(page, button(page, 'Add a movie'), 'Enter', 20);
    else await page.keyboard.press('Enter');
    await expect(page.getByRole('searchbox', { name: 'Find the movie' })).toBeFocused();
    await page.keyboard.type(movie);
    await press(page, main.getByRole('button', { name: new RegExp(`^${movie} \\(`) }), 'Enter', 1);
    await expect(main.locator('article', { hasText: movie })).toBeVisible();
    await expect(button(page, 'Add a movie')).toBeFocused();
  }
  await press(page, button(page, 'Move Oldboy forward'), 'Enter', 20);
  await expect(main.locator('article').first()).toContainText('Oldboy');
  await expect(button(page, 'Move Oldboy forward')).toBeFocused();
  await press(page, button(page, 'Move Oldboy back'), 'Enter', 1);
  await expect(main.locator('article').first()).toContainText('Parasite');
  await expect(button(page, 'Move Oldboy back')).toBeFocused();
  await press(page, button(page, 'Remove Oldboy from the list'), 'Enter', 1);
  await expect(main.locator('article')).toHaveCount(1);
  await page.keyboard.press('Control+z');
  await expect(main.locator('article')).toHaveCount(2);
  await expect(main.locator('article').last()).toContainText('Oldboy');
  await skipToContent(page);
  await press(page, button(main, 'Edit'));
  await expect(main.getByLabel('Title')).toBeFocused();
  await press(page, button(main, 'Cancel'));
  await expect(button(main, 'Edit')).toBeFocused();
  await press(page, button(main, 'Delete'), 'Enter', 1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/me\?tab=lists/);
});

test('a file is imported, matched, applied and undone, and all data exported', async ({ page }) => {
  await signUp(page);
  await page.goto('/settings/import');
  const main = page.locator('main');
  await skipToContent(page);
  const chosen = page.waitForEvent('filechooser');
  await press(page, main.locator('input[type=file]'));
  await (
    await chosen
  ).setFiles({
    name: 'ratings.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      'Date,Name,Year,Letterboxd URI,Rating\n2024-02-03,Parasite,2019,https://boxd.it/hTha,4.5\n2024-02-03,Oldeboi,2003,https://boxd.it/2bbW,4\n'
    )
  });
  await expect(button(main, 'Apply')).toBeVisible();
  await tabTo(page, radio(main, /^New 1/));
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight');
  await press(page, button(main, 'Find the movie'), 'Enter', 1);
  const search = main.getByRole('searchbox', { name: 'Find the movie' });
  await expect(search).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Oldboy');
  await press(page, main.getByRole('button', { name: /^Oldboy \(2003\)/ }), 'Enter', 2);
  await expect(radio(main, /^New 2/)).toBeAttached();
  await tabTo(page, radio(main, 'Keep mine'), 4);
  await page.keyboard.press('ArrowRight');
  await expect(radio(main, 'Take the file’s')).toBeChecked();
  await press(page, button(main, 'Apply'), 'Enter', 1);
  await expect(main.getByText('2 entries imported.')).toBeVisible();
  await press(page, button(main, 'Undo the whole import'));
  await expect(main.getByText(/2 entries put back/)).toBeVisible();
  const download = page.waitForEvent('download');
  await press(page, button(main, 'Download everything'));
  expect((await download).suggestedFilename()).toContain('matcha');
});
