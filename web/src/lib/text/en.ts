// Every text of the site in English; the type is the Korean catalogue's.
import { formatCount } from './numbers';
import type { Messages } from './ko';

const counted = (count: number, one: string, many: string) => `${formatCount(count, 'en')} ${count === 1 ? one : many}`;
const movies = (count: number) => counted(count, 'movie', 'movies');

export const en: Messages = {
  site: 'matcha',
  tagline: 'Your predicted stars, sharper with every rating',
  skipToContent: 'Skip to content',

  nav: { home: 'Home', rate: 'Rate', search: 'Search', me: 'My movies', main: 'Main' },
  menu: {
    open: 'Menu and settings',
    language: 'Language',
    theme: 'Appearance',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    status: 'Prediction model',
    signedInAs: (name) => name
  },

  signIn: 'Sign in',
  signUp: 'Sign up',
  signOut: 'Sign out',
  cancel: 'Cancel',
  close: 'Close',
  retry: 'Try again',
  more: 'Show more',
  undo: 'Undo',
  loading: 'Loading',

  line: { rated: 'Rated', predicted: 'Predicted', average: 'Average', none: 'Not rated yet' },
  lineSentence: {
    rated: (stars) => `You rated it ${stars} stars`,
    predicted: (stars) => `Predicted for you: ${stars} stars`,
    average: (stars) => `Average: ${stars} stars`
  },
  words: {
    10: 'Best',
    9: 'Excellent',
    8: 'Enjoyable',
    7: 'Worth a watch',
    6: 'Okay',
    5: 'Lacking',
    4: 'Not good',
    3: 'Dull',
    2: 'Dislike',
    1: 'Worst'
  },
  starsOutOfFive: (stars) => `${stars} out of 5 stars`,
  rating: {
    legend: (title) => `Your stars for ${title}`,
    choice: (stars, word) => `${stars} stars, ${word}`,
    none: 'No rating',
    clear: 'Clear rating',
    prompt: 'Tap the stars to rate',
    saved: (title, stars) => `Rated ${title} ${stars} stars`,
    cleared: (title) => `Cleared your rating of ${title}`,
    failed: (title) => `Your rating of ${title} could not be saved, so it is as it was`
  },
  shelf: {
    WISH: 'Want to watch',
    WATCHING: 'Watching',
    NOT_INTERESTED: 'Not interested',
    group: (title) => `Shelf for ${title}`,
    put: (title, state) => `${title}: ${state}`,
    cleared: (title) => `Took ${title} off your shelf`,
    failed: (title) => `The shelf of ${title} could not be changed`
  },
  confidence: { LOW: 'low confidence', MEDIUM: 'medium confidence', HIGH: 'high confidence' },
  because: 'Why this prediction',
  becauseRated: (title) => `Because you rated ${title}`,
  unlockMore: (left) => `${left} more to unlock predicted stars`,
  unlocked: 'Predicted stars unlocked',

  home: {
    heroTitle: 'Rate what you have seen.\nSee the stars of what you haven’t.',
    heroText: 'Ten ratings are enough: every movie you have not seen yet shows your own predicted stars.',
    start: 'Start rating',
    progressTitle: (left) => `${movies(left)} to go`,
    progressText: 'Then your own predicted stars switch on here, in search and on every movie.',
    continue: 'Keep rating',
    degraded: 'Some recommendations cannot be loaded right now. They will be back.',
    empty: 'There are no movies to show yet.',
    previous: 'Previous movies',
    next: 'Next movies',
    rows: {
      FOR_YOU: ['Predicted for you', 'Your highest predicted stars'],
      ESPECIALLY_YOU: ['Especially you', 'You should like these more than most people do'],
      BECAUSE_YOU_LIKED: ['More in this vein', ''],
      RISING: ['Rising this week', 'Rated a lot lately'],
      BEST_RATED: ['Best rated', 'Loved by almost everyone'],
      MOST_RATED: ['Most rated', 'Everybody has an opinion on these']
    },
    forEveryone: ['Popular right now', 'Rate ten movies and this row becomes yours'],
    becauseYouLiked: (title) => `Because you liked ${title}`,
    becauseText: 'You gave it high stars'
  },

  search: {
    label: 'Search movies, directors, actors',
    placeholder: 'Title, director, actor',
    suggestions: 'Search suggestions',
    found: (count) => counted(count, 'suggestion', 'suggestions'),
    title: 'Find movies',
    titleFor: (query) => `Results for “${query}”`,
    genre: 'Genre',
    country: 'Country',
    decade: 'Decade',
    sort: 'Sort',
    all: 'All',
    decadeName: (decade) => `${decade}s`,
    sorts: { RELEVANCE: 'Relevance', POPULARITY: 'Popularity', AVERAGE: 'Average', NEWEST: 'Newest', TITLE: 'Title' },
    none: 'No movies found.',
    noneHint: 'Try fewer letters, the Korean title, or fewer filters.',
    clear: 'Clear filters',
    person: 'Person',
    movie: 'Movie'
  },

  movie: {
    average: 'Average',
    predicted: 'Predicted',
    mine: 'Your stars',
    raters: (count) => counted(count, 'rating', 'ratings'),
    facts: { year: 'Year', genres: 'Genres', countries: 'Countries', runtime: 'Runtime' },
    minutes: (minutes) => {
      const hours = Math.floor(minutes / 60);
      return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
    },
    directors: 'Director',
    cast: 'Cast',
    credits: 'Cast and crew',
    histogram: 'How it was rated',
    histogramBar: (stars, count) => `${stars} stars: ${counted(count, 'rating', 'ratings')}`,
    histogramSummary: (count, most) => `${counted(count, 'rating', 'ratings')}, most often ${most} stars`,
    histogramNone: 'Nobody has rated it yet',
    statisticsAway: 'Statistics cannot be loaded right now',
    similar: 'Similar movies',
    noPrediction: 'Not enough is known to predict this one',
    signInForPrediction: 'Sign in to see your predicted stars'
  },

  comments: {
    title: 'Comments',
    all: (count) => (count === 1 ? 'See the comment' : `See all ${formatCount(count, 'en')} comments`),
    titleOf: (title) => `Comments on ${title}`,
    total: (count) => counted(count, 'comment', 'comments'),
    none: 'No comments yet.',
    noneHint: 'Be the first to say something.',
    away: 'Comments cannot be loaded right now',
    back: (title) => `Back to ${title}`,
    mine: 'Your comment',
    label: (title) => `Write a comment on ${title}`,
    placeholder: 'What did you make of it?',
    counter: (count, most) => `${formatCount(count, 'ko')} / ${most.toLocaleString('en-US')} characters`,
    over: (count) => `${counted(count, 'character', 'characters')} too many`,
    spoiler: 'Contains spoilers',
    spoilerHint: 'Readers see the text only if they ask for it',
    save: 'Post',
    edit: 'Edit',
    remove: 'Delete',
    removeSure: 'Really delete',
    removed: 'Your comment is deleted',
    states: {
      CHECKING: 'Being checked. Then everybody can read it.',
      PUBLIC: 'Everybody can read it.',
      SPAM: 'It looks like spam, so only you see it. Edit it and it is checked again.',
      LANGUAGE: 'It seems to contain an insult, so only you see it. Edit it and it is checked again.',
      VEILED: 'It may give the ending away, so readers see a notice first.'
    },
    veil: 'This may contain spoilers',
    reveal: 'Show it anyway',
    revealOf: (name) => `Show the comment by ${name}`,
    expand: 'Read more',
    fold: 'Show less',
    edited: 'edited',
    someone: 'A member whose name cannot be loaded',
    by: (name) => name,
    like: (count) => (count === 0 ? 'Like' : counted(count, 'like', 'likes')),
    likeOf: (name, count) => `Like the comment by ${name}, ${counted(count, 'like', 'likes')} so far`,
    replies: (count) => (count === 0 ? 'Reply' : counted(count, 'reply', 'replies')),
    replyLabel: (name) => `Reply to ${name}`,
    replyPlaceholder: 'Write a reply',
    send: 'Send',
    removeReply: 'Delete reply',
    failed: 'Your comment could not be saved',
    removeFailed: 'It could not be deleted',
    likeFailed: 'Your like could not be saved',
    replyFailed: 'Your reply could not be sent',
    replyHeld: 'A text that looks like spam or an insult cannot be sent',
    sort: 'Sort',
    sorts: { LIKES: 'Most liked', STARS_HIGH: 'Highest stars', STARS_LOW: 'Lowest stars', NEWEST: 'Newest' }
  },

  rate: {
    title: 'Rate movies',
    count: (count) => formatCount(count, 'en'),
    encouragement: {
      0: 'Find movies you have seen and give them stars. Ten unlock your predictions.',
      1: 'A good start. Go with your first feeling.',
      5: 'Half way. Your taste begins to show.',
      10: 'Predictions are on! Every rating sharpens them.',
      20: 'Your predictions are getting clearer.',
      50: 'By now your taste is well known here.',
      100: 'One hundred! These stars can be trusted.'
    },
    shelves: 'Choose what to rate',
    shelfNames: { FOR_YOU: 'For you', POPULAR: 'Popular', genre: 'By genre', country: 'By country', decade: 'By decade' },
    choose: (what) => `Choose: ${what}`,
    keys: 'Keys: ↑ ↓ move, 1–5 rate, Shift+1–5 half a star less, X not interested, 0 clear',
    list: 'Movies to rate',
    unlockTitle: 'Predicted stars unlocked',
    unlockText: 'Every movie on the site now shows what we think you would give it. Each rating makes it more exact.',
    seeHome: 'See it on the home page',
    keepRating: 'Keep rating',
    end: 'That is all of this list. Try another one.',
    rowMenu: (title) => `More for ${title}`
  },

  me: {
    title: 'My movies',
    rated: 'Rated',
    tabs: 'Parts of my movies',
    sort: 'Sort',
    sorts: { NEWEST: 'Newest first', STARS_HIGH: 'Highest stars', STARS_LOW: 'Lowest stars' },
    total: movies,
    emptyRatings: 'You have not rated any movie yet.',
    emptyShelf: (name) => `Nothing in “${name}” yet.`,
    signedOut: 'Sign in to see your ratings and your shelf.'
  },

  account: {
    handle: 'Handle',
    handleHint: '3–30 small letters, digits or underscores',
    email: 'Email',
    password: 'Password',
    passwordHint: '15 characters or more. A sentence is good.',
    displayName: 'Name',
    displayNameHint: 'What other members see',
    login: 'Handle or email',
    toSignUp: 'New here? Sign up',
    toSignIn: 'Already a member? Sign in',
    signInTitle: 'Sign in',
    signUpTitle: 'Sign up',
    signUpText: 'You start rating right away. Ten ratings unlock your predicted stars.',
    continueAction: 'Sign in, and what you just tapped will be done.',
    wrong: 'The handle or the password is not right.',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    working: 'One moment…',
    signedOut: 'Signed out',
    already: (name) => `You are signed in as ${name}.`,
    fields: {
      handle: 'This handle cannot be used or is taken.',
      email: 'This email cannot be used or is taken.',
      password: 'It needs 15 characters or more, and must not be a common one.',
      display_name: 'Please check the name.'
    }
  },

  status: {
    title: 'Prediction model',
    text: 'How right the predicted stars are, measured on ratings the model has never seen, and published as it is.',
    rmse: 'Error of predicted stars',
    rmseAverage: 'Error when guessing the average',
    rmseHint: 'Root mean square error (RMSE), in stars. Lower is better.',
    better: (percent) => `${percent}% less error than guessing the average.`,
    notBetter: 'Not better than guessing the average yet.',
    lists: 'Lists',
    recall: 'Films watched later that are among the first 20',
    ndcg: 'The same, more for finding early (NDCG@100)',
    coverage: 'Films that are among anybody’s first 20',
    diversity: 'How unlike the films of one list are',
    training: 'The next model',
    trainingNow: (stage, round, rounds) =>
      rounds > 0 ? `In training (${stage}, ${round} of ${rounds})` : `In training (${stage})`,
    trainingEnd: {
      published: 'The last training ended well and is in use.',
      refused: 'The last training came out worse and is not used.',
      failed: 'The last training failed.'
    },
    facts: 'Trained on',
    version: 'Version',
    trainedAt: 'Trained',
    ratings: 'Ratings',
    members: 'Members',
    movies: 'Movies',
    factors: 'Factors',
    seconds: 'Training took',
    secondsValue: (seconds) => `${seconds} s`,
    none: 'There is no trained model yet. It is trained once there are ratings.',
    notMeasured: 'not measured',
    stars: 'stars'
  },

  error: {
    notFound: 'There is no such page',
    notFoundText: 'The address may have changed, or the movie may be gone.',
    toHome: 'Go home',
    general: 'This could not be loaded',
    generalText: 'Please try again in a moment.',
    unavailable: 'The service is busy or resting right now',
    tooMany: 'That was a little too often. Please try again in a moment.',
    network: 'The server cannot be reached. Please check your connection.',
    offline: 'You are offline. Things continue once you are back.',
    trace: 'Trace'
  },

  genres: {
    action: 'Action',
    adventure: 'Adventure',
    animation: 'Animation',
    biography: 'Biography',
    comedy: 'Comedy',
    crime: 'Crime',
    documentary: 'Documentary',
    drama: 'Drama',
    family: 'Family',
    fantasy: 'Fantasy',
    film_noir: 'Film noir',
    history: 'History',
    horror: 'Horror',
    music: 'Music',
    musical: 'Musical',
    mystery: 'Mystery',
    romance: 'Romance',
    science_fiction: 'Science fiction',
    short: 'Short',
    sport: 'Sport',
    thriller: 'Thriller',
    war: 'War',
    western: 'Western'
  },

  footer: 'The posters are drawn here, each from its movie. The demonstration community is synthetic.'
};
