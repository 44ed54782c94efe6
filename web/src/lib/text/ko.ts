// Every text of the site in Korean; en.ts has the same keys, and the compiler sees to it.
import { withParticle } from './particles';
import { formatCount, hoursIn } from './numbers';

const people = (count: number) => `${formatCount(count, 'ko')}명`;
const movies = (count: number) => `${formatCount(count, 'ko')}편`;

export const ko = {
  site: 'matcha',
  tagline: '평가할수록 정확해지는 내 예상 별점',
  skipToContent: '본문으로 건너뛰기',

  nav: { home: '홈', rate: '평가하기', search: '찾기', taste: '취향', me: '내 영화', main: '주 메뉴' },
  menu: {
    open: '메뉴와 설정',
    language: '언어',
    theme: '화면',
    themes: { system: '시스템', light: '밝게', dark: '어둡게' },
    status: '예측 모델 상태',
    signedInAs: (name: string) => `${name} 님`
  },

  signIn: '로그인',
  signUp: '회원 가입',
  signOut: '로그아웃',
  cancel: '취소',
  close: '닫기',
  retry: '다시 시도',
  more: '더 보기',
  undo: '되돌리기',
  loading: '불러오는 중',

  line: { rated: '평가함', predicted: '예상', average: '평균', none: '아직 평가 없음' },
  lineSentence: {
    rated: (stars: string) => `내가 준 별점 ${stars}점`,
    predicted: (stars: string) => `예상 별점 ${stars}점`,
    average: (stars: string) => `평균 별점 ${stars}점`
  },
  words: {
    10: '최고',
    9: '훌륭',
    8: '좋아요',
    7: '볼만해요',
    6: '보통',
    5: '아쉬워요',
    4: '별로',
    3: '지루해요',
    2: '싫어요',
    1: '최악'
  } as Record<number, string>,
  starsOutOfFive: (stars: string) => `5점 만점에 ${stars}점`,
  rating: {
    legend: (title: string) => `${title} 별점`,
    choice: (stars: string, word: string) => `${stars}점, ${word}`,
    none: '별점 없음',
    clear: '별점 지우기',
    prompt: '별을 눌러 평가하세요',
    saved: (title: string, stars: string) => `${withParticle(title, '을/를')} ${stars}점으로 평가했어요`,
    cleared: (title: string) => `${title}의 별점을 지웠어요`,
    failed: (title: string) => `${title}의 별점을 저장하지 못해 이전으로 되돌렸어요`
  },
  shelf: {
    WISH: '보고싶어요',
    WATCHING: '보는중',
    NOT_INTERESTED: '관심없어요',
    group: (title: string) => `${title} 보관함`,
    put: (title: string, state: string) => `${withParticle(title, '을/를')} ‘${state}’에 담았어요`,
    cleared: (title: string) => `${withParticle(title, '을/를')} 보관함에서 뺐어요`,
    failed: (title: string) => `${title}의 보관함을 바꾸지 못했어요`
  },
  confidence: { LOW: '확신 낮음', MEDIUM: '확신 보통', HIGH: '확신 높음' },
  because: '이 예상의 이유',
  becauseRated: (title: string) => `${withParticle(title, '을/를')} 높게 평가해서`,
  unlockMore: (left: number) => `${left}편 더 평가하면 예상 별점이 열려요`,
  unlocked: '예상 별점이 열렸어요',

  home: {
    heroTitle: '본 영화에 별점을 주면\n볼 영화의 별점이 보입니다',
    heroText: '열 편이면 충분해요. 아직 보지 않은 모든 영화에 내 예상 별점이 켜집니다.',
    start: '평가 시작하기',
    progressTitle: (left: number) => `예상 별점까지 ${left}편 남았어요`,
    progressText: '평가를 마치면 홈과 검색, 모든 영화에 내 예상 별점이 켜져요.',
    continue: '이어서 평가하기',
    degraded: '일부 추천을 지금 불러올 수 없어요. 곧 돌아옵니다.',
    empty: '아직 보여 줄 영화가 없어요.',
    previous: '이전 영화들',
    next: '다음 영화들',
    rows: {
      FOR_YOU: ['내 취향 추천', '내가 남긴 별점으로 골랐어요'],
      ESPECIALLY_YOU: ['남들보다 내가 더', '평균보다 내 예상 별점이 훨씬 높아요'],
      BECAUSE_YOU_LIKED: ['비슷한 결의 영화', ''],
      RISING: ['이번 주 떠오르는 영화', '최근에 많이 평가받고 있어요'],
      BEST_RATED: ['평점이 가장 높은 영화', '모두가 좋아한 영화'],
      MOST_RATED: ['가장 많이 본 영화', '가장 많이 평가받은 영화']
    } as Record<string, [string, string]>,
    forEveryone: ['지금 많이 찾는 영화', '열 편을 평가하면 내 취향으로 바뀌어요'] as [string, string],
    becauseYouLiked: (title: string) => `${withParticle(title, '을/를')} 좋아했다면`,
    becauseText: '그 영화에 높은 별점을 줬어요',
    because: (title: string) => `${withParticle(title, '을/를')} 좋아해서`
  },

  search: {
    label: '영화, 감독, 배우 찾기',
    placeholder: '제목, 감독, 초성(ㄱㅅㅊ)',
    suggestions: '찾기 제안',
    found: (count: number) => `제안 ${count}개`,
    title: '영화 찾기',
    titleFor: (query: string) => `‘${query}’ 찾은 결과`,
    genre: '장르',
    country: '국가',
    decade: '연대',
    sort: '정렬',
    all: '전체',
    decadeName: (decade: string) => `${decade}년대`,
    sorts: { RELEVANCE: '관련순', POPULARITY: '인기순', AVERAGE: '평균 별점순', NEWEST: '최신순', TITLE: '제목순' },
    none: '찾은 영화가 없어요.',
    noneHint: '철자를 줄이거나, 초성으로 찾거나, 조건을 풀어 보세요.',
    clear: '조건 지우기',
    people: '인물',
    movies: '영화',
    morePeople: '인물 더 보기',
    peopleAway: '인물을 지금 찾을 수 없어요.'
  },

  person: {
    roles: { DIRECTOR: '감독', ACTOR: '배우' },
    headings: { DIRECTOR: '감독한 영화', ACTOR: '출연한 영화' },
    movies: (count: number) => `영화 ${movies(count)}`,
    directedCount: (count: number) => `감독 ${movies(count)}`,
    actedCount: (count: number) => `출연 ${movies(count)}`,
    none: '아직 실린 영화가 없어요.',
    notFoundText: '주소가 바뀌었거나, 이 인물의 영화가 모두 사라졌을 수 있어요.'
  },

  movie: {
    average: '평균',
    predicted: '예상',
    mine: '내 별점',
    raters: people,
    facts: { year: '연도', genres: '장르', countries: '국가', runtime: '상영 시간' },
    minutes: (minutes: number) => {
      const hours = Math.floor(minutes / 60);
      return hours ? `${hours}시간 ${minutes % 60}분` : `${minutes}분`;
    },
    directors: '감독',
    cast: '출연',
    credits: '감독과 출연',
    histogram: '별점 분포',
    histogramBar: (stars: string, count: number) => `${stars}점 ${people(count)}`,
    histogramSummary: (count: number, most: string) => `${people(count)}이 평가했고, ${most}점이 가장 많아요`,
    histogramNone: '아직 아무도 평가하지 않았어요',
    statisticsAway: '통계를 지금 불러올 수 없어요',
    similar: '비슷한 영화',
    noPrediction: '예상할 자료가 아직 부족해요',
    signInForPrediction: '로그인하면 내 예상 별점을 볼 수 있어요'
  },

  comments: {
    title: '코멘트',
    all: (count: number) => `코멘트 ${formatCount(count, 'ko')}개 모두 보기`,
    titleOf: (title: string) => `${title} 코멘트`,
    total: (count: number) => `${formatCount(count, 'ko')}개`,
    none: '아직 코멘트가 없어요.',
    noneHint: '첫 코멘트를 남겨 보세요.',
    away: '코멘트를 지금 불러올 수 없어요',
    back: (title: string) => `${withParticle(title, '으로/로')} 돌아가기`,
    mine: '내 코멘트',
    label: (title: string) => `${title} 코멘트 쓰기`,
    placeholder: '이 영화, 어떻게 보셨나요?',
    counter: (count: number, most: number) => `${formatCount(count, 'en')} / ${most.toLocaleString('en-US')}자`,
    over: (count: number) => `${count.toLocaleString('en-US')}자를 줄여 주세요`,
    spoiler: '스포일러 포함',
    spoilerHint: '읽는 사람이 원할 때만 내용을 펼쳐요',
    save: '남기기',
    edit: '고치기',
    remove: '지우기',
    removeSure: '정말 지우기',
    removed: '코멘트를 지웠어요',
    states: {
      CHECKING: '확인하는 중이에요. 끝나면 모두에게 보여요.',
      PUBLIC: '모두에게 보여요.',
      SPAM: '광고나 도배로 보여 나에게만 보여요. 고쳐 쓰면 다시 확인해요.',
      LANGUAGE: '욕설이 들어 있는 것 같아 나에게만 보여요. 고쳐 쓰면 다시 확인해요.',
      VEILED: '결말이 드러날 수 있어 가려 두었어요.'
    },
    veil: '스포일러가 있을 수 있어요',
    reveal: '내용 보기',
    revealOf: (name: string) => `${name} 님의 코멘트 내용 보기`,
    expand: '펼치기',
    fold: '접기',
    edited: '수정됨',
    someone: '이름을 불러올 수 없는 회원',
    by: (name: string) => `${name} 님`,
    like: (count: number) => `좋아요 ${formatCount(count, 'ko')}`,
    likeOf: (name: string, count: number) => `${name} 님의 코멘트 좋아요, 지금 ${formatCount(count, 'ko')}개`,
    replies: (count: number) => (count === 0 ? '답글 달기' : `답글 ${formatCount(count, 'ko')}개`),
    replyLabel: (name: string) => `${name} 님에게 답글 쓰기`,
    replyPlaceholder: '답글을 남겨 보세요',
    send: '보내기',
    removeReply: '답글 지우기',
    failed: '코멘트를 저장하지 못했어요',
    removeFailed: '지우지 못했어요',
    likeFailed: '좋아요를 저장하지 못했어요',
    replyFailed: '답글을 보내지 못했어요',
    replyHeld: '광고나 욕설로 보이는 글은 보낼 수 없어요',
    sort: '정렬',
    sorts: { LIKES: '좋아요순', STARS_HIGH: '별점 높은 순', STARS_LOW: '별점 낮은 순', NEWEST: '최신순' }
  },

  rate: {
    title: '평가하기',
    count: (count: number) => movies(count),
    encouragement: {
      0: '본 영화를 찾아 별점을 주세요. 열 편이면 예상 별점이 열려요.',
      1: '좋은 시작이에요. 떠오르는 대로 가볍게 매겨 보세요.',
      5: '절반 왔어요. 취향이 보이기 시작해요.',
      10: '예상 별점이 열렸어요! 더 평가하면 더 정확해져요.',
      20: '예상이 또렷해지고 있어요.',
      50: '이쯤이면 취향을 꽤 잘 알아요.',
      100: '백 편! 이제 이 별점은 믿어도 좋아요.'
    } as Record<number, string>,
    shelves: '평가할 영화 고르기',
    shelfNames: { FOR_YOU: '나에게 맞춘', POPULAR: '인기 영화', genre: '장르별', country: '국가별', decade: '연대별' },
    choose: (what: string) => `${what} 고르기`,
    keys: '키보드: ↑ ↓ 이동, 1–5 별점, Shift+1–5 반 개 적게, X 관심없어요, 0 지우기',
    list: '평가할 영화',
    unlockTitle: '예상 별점이 열렸어요',
    unlockText: '이제 사이트의 모든 영화에 내 예상 별점이 보여요. 더 평가할수록 정확해집니다.',
    seeHome: '홈에서 보기',
    keepRating: '계속 평가하기',
    end: '이 목록은 여기까지예요. 다른 목록을 골라 보세요.',
    rowMenu: (title: string) => `${title} 더 보기`
  },

  me: {
    title: '내 영화',
    rated: '평가한 영화',
    tabs: '내 영화 갈래',
    stars: '별점',
    allStars: '모든 별점 보기',
    emptyStars: (stars: string) => `${stars}점을 준 영화가 없어요.`,
    sort: '정렬',
    sorts: { NEWEST: '최근 평가순', STARS_HIGH: '높은 별점순', STARS_LOW: '낮은 별점순' },
    total: movies,
    emptyRatings: '아직 평가한 영화가 없어요.',
    emptyShelf: (name: string) => `‘${name}’에 담은 영화가 없어요.`,
    signedOut: '내 별점과 보관함을 보려면 로그인하세요.'
  },

  taste: {
    title: '취향 분석',
    ownTitle: '내 취향 분석',
    titleOf: (name: string) => `${name} 님의 취향 분석`,
    rated: '평가한 영화',
    watched: '영화와 보낸 시간',
    mean: '평균 별점',
    films: movies,
    duration: (minutes: number) => (hoursIn(minutes) ? `${formatCount(hoursIn(minutes), 'ko')}시간` : `${minutes}분`),
    copy: '링크 복사',
    copied: '링크를 복사했어요',
    notCopied: (address: string) => `복사하지 못했어요. 주소는 ${address}`,
    personaMore: (left: number) => `${left}편만 더 평가하면 어떤 관객인지 한 줄로 알려 드려요.`,
    distribution: '별점 분포',
    starsBar: (stars: string, count: number) => `${stars}점 ${movies(count)}`,
    genres: '좋아하는 장르',
    countries: '좋아하는 나라',
    decades: '연대별 선호',
    directors: '좋아하는 감독',
    actors: '좋아하는 배우',
    preference: (name: string, score: number, count: number) => `${name}, 선호도 100점에 ${score}점, ${movies(count)}`,
    scoreNote: '막대와 숫자는 0에서 100까지의 선호도예요. 편수가 적으면 평균 쪽으로 당겨서, 한 편이 열 편을 이기지 못해요.',
    showAll: (count: number) => `${count}개 모두 보기`,
    fewer: '접기',
    degraded: '일부 이름을 지금 불러올 수 없어요. 곧 돌아옵니다.',
    away: '취향을 지금 불러올 수 없어요',
    ownEmpty: '아직 들려줄 취향이 없어요.',
    ownEmptyText: '본 영화에 별점을 주면, 좋아하는 장르와 감독, 시대가 여기에 그려져요.',
    empty: (name: string) => `${name} 님은 아직 평가한 영화가 없어요.`,
    nobody: '그런 회원이 없어요',
    nobodyText: '주소를 잘못 적었거나, 떠난 회원일 수 있어요.',
    filmsByStars: (count: number) => `${movies(count)} · 높은 별점순`,
    given: (name: string, stars: string) => `${name} 님 ★ ${stars}`,
    noFilms: '여기에 드는 영화가 아직 없어요.',
    person: '인물',
    // From the strictest to the most generous tenth of the scale.
    personas: [
      ['별 하나도 천금처럼 쓰는 사람', '여기서 받은 별은 한 개라도 액자에 걸어 둘 만해요.'],
      ['쉽게 고개를 끄덕이지 않는 사람', '이 문턱을 넘은 영화라면 틀림없이 좋은 영화예요.'],
      ['단단한 잣대를 가진 사람', '소문이 아니라 영화가 마음을 움직여야 별이 올라가요.'],
      ['칭찬을 아껴 쓰는 사람', '그래서 별 네 개에 묵직한 힘이 실려요.'],
      ['양쪽을 다 달아 보는 사람', '좋았던 점과 아쉬운 점을 나란히 저울에 올려요.'],
      ['수평을 잃지 않는 사람', '들뜨지도 깎아내리지도 않아서, 길잡이로 삼기 좋은 별점이에요.'],
      ['먼저 한 걸음 다가서는 사람', '무엇이든 좋은 구석부터 찾아내요.'],
      ['좋은 영화를 알아보는 사람', '고르는 눈이 밝거나 즐기는 마음이 넉넉하거나, 아마 둘 다예요.'],
      ['마음을 열고 극장에 들어서는 사람', '크레디트가 올라갈 때면 대개 웃고 있어요.'],
      ['모든 영화의 편이 되어 주는 사람', '어떤 감독이든 이런 관객을 꿈꿔요.']
    ] as [string, string][]
  },

  account: {
    handle: '아이디',
    handleHint: '영문 소문자, 숫자, 밑줄 3–30자',
    email: '이메일',
    password: '비밀번호',
    passwordHint: '15자 이상. 긴 문장이면 좋아요.',
    displayName: '이름',
    displayNameHint: '다른 회원에게 보이는 이름',
    login: '아이디 또는 이메일',
    toSignUp: '처음이세요? 회원 가입',
    toSignIn: '이미 회원이세요? 로그인',
    signInTitle: '로그인',
    signUpTitle: '회원 가입',
    signUpText: '가입하면 바로 평가를 시작합니다. 열 편이면 예상 별점이 열려요.',
    continueAction: '로그인하면 방금 누른 것을 이어서 할게요.',
    wrong: '아이디나 비밀번호가 맞지 않아요.',
    showPassword: '비밀번호 보기',
    hidePassword: '비밀번호 숨기기',
    working: '잠시만요…',
    signedOut: '로그아웃했어요',
    already: (name: string) => `${name} 님으로 로그인되어 있어요.`,
    fields: {
      handle: '쓸 수 없거나 이미 쓰이는 아이디예요.',
      email: '쓸 수 없거나 이미 쓰이는 이메일이에요.',
      password: '15자 이상이고 흔하지 않은 비밀번호가 필요해요.',
      display_name: '이름을 확인해 주세요.'
    } as Record<string, string>
  },

  status: {
    title: '예측 모델',
    text: '예상 별점이 얼마나 맞는지, 모델이 보지 못한 별점으로 재서 그대로 알립니다.',
    rmse: '예상 별점의 오차',
    rmseAverage: '평균으로 찍었을 때의 오차',
    rmseHint: '제곱평균제곱근 오차(RMSE), 별 단위. 낮을수록 정확해요.',
    better: (percent: string) => `평균으로 찍는 것보다 오차가 ${percent}% 작아요.`,
    notBetter: '아직 평균으로 찍는 것보다 낫지 않아요.',
    lists: '추천 목록',
    recall: '처음 20편에 든, 회원이 나중에 본 영화',
    ndcg: '먼저 맞힐수록 높은 점수 (NDCG@100)',
    coverage: '누군가의 처음 20편에 든 영화',
    diversity: '한 목록 안의 영화가 서로 다른 정도',
    training: '다음 모델',
    trainingNow: (stage: string, round: number, rounds: number) =>
      rounds > 0 ? `학습 중 (${stage} ${round}/${rounds})` : `학습 중 (${stage})`,
    trainingEnd: {
      published: '마지막 학습이 끝나 쓰이고 있어요.',
      refused: '마지막 학습 결과가 더 나빠서 쓰지 않았어요.',
      failed: '마지막 학습에 실패했어요.'
    },
    facts: '학습 자료',
    version: '버전',
    trainedAt: '학습 시각',
    ratings: '별점',
    members: '회원',
    movies: '영화',
    factors: '요인 수',
    seconds: '학습에 걸린 시간',
    secondsValue: (seconds: string) => `${seconds}초`,
    none: '아직 학습된 모델이 없어요. 별점이 모이면 학습합니다.',
    notMeasured: '재지 않음',
    stars: '점'
  },

  error: {
    notFound: '찾는 페이지가 없어요',
    notFoundText: '주소가 바뀌었거나 사라진 영화일 수 있어요.',
    toHome: '홈으로',
    general: '불러오지 못했어요',
    generalText: '잠시 뒤에 다시 시도해 주세요.',
    unavailable: '지금 서비스가 붐비거나 쉬고 있어요',
    tooMany: '너무 잦은 요청이에요. 잠시 뒤에 다시 시도해 주세요.',
    network: '서버에 닿지 못했어요. 연결을 확인해 주세요.',
    offline: '오프라인이에요. 연결되면 다시 이어집니다.',
    trace: '추적 번호'
  },

  genres: {
    action: '액션',
    adventure: '모험',
    animation: '애니메이션',
    biography: '전기',
    comedy: '코미디',
    crime: '범죄',
    documentary: '다큐멘터리',
    drama: '드라마',
    family: '가족',
    fantasy: '판타지',
    film_noir: '누아르',
    history: '역사',
    horror: '공포',
    music: '음악',
    musical: '뮤지컬',
    mystery: '미스터리',
    romance: '로맨스',
    science_fiction: 'SF',
    short: '단편',
    sport: '스포츠',
    thriller: '스릴러',
    war: '전쟁',
    western: '서부'
  } as Record<string, string>,

  imports: {
    title: '가져오기와 내보내기',
    lead: '다른 곳에 남긴 별점과 리뷰를 파일로 가져오세요. 적용하기 전에 무엇이 달라지는지 먼저 보여 드려요.',
    choose: '파일을 놓거나 눌러서 고르세요',
    reading: '파일을 읽고 있어요…',
    kinds: 'Letterboxd, IMDb, Trakt, 왓챠피디아, matcha의 CSV · ZIP · JSON, 20MB까지',
    tooLarge: '20MB보다 큰 파일은 가져올 수 없어요.',
    failed: '파일을 읽지 못했어요. 잠시 뒤 다시 시도해 주세요.',
    sources: {
      letterboxd: 'Letterboxd',
      imdb: 'IMDb',
      trakt: 'Trakt',
      watcha_pedia: '왓챠피디아',
      matcha: 'matcha'
    } as Record<string, string>,
    states: {
      loading: '읽는 중',
      ready: '아직 적용하지 않았어요',
      applying: '적용하는 중',
      applied: '적용했어요',
      undoing: '되돌리는 중',
      undone: '되돌렸어요'
    },
    outcome: (applied: number, undone: number, left: number) =>
      [
        applied > 0 && `${formatCount(applied, 'ko')}건을 가져왔어요.`,
        undone > 0 && `${formatCount(undone, 'ko')}건을 되돌렸어요.`,
        left > 0 && `그 뒤에 직접 바꾼 ${formatCount(left, 'ko')}건은 그대로 두었어요.`
      ]
        .filter(Boolean)
        .join(' ') || '달라진 것이 없어요.',
    rows: '파일의 내용',
    classes: { new: '새로', changed: '다름', same: '같음', unmatched: '못 찾음', skipped: '건너뜀' },
    noRows: '해당하는 줄이 없어요.',
    line: (line: number) => `${line}번째 줄`,
    findMovie: '영화 찾기',
    nothingFound: '찾은 영화가 없어요',
    policy: '서로 다를 때',
    policies: { keep_mine: '내 것을 그대로', take_file: '파일의 것으로', newest: '더 최근 것으로' },
    apply: '적용하기',
    undo: '모두 되돌리기',
    report: '결과 내려받기',
    reasons: {
      columns: '열의 개수가 첫 줄과 달라요',
      title: '제목이 없어요',
      year: '연도를 읽을 수 없어요',
      stars: '별점이 척도에 맞지 않아요',
      no_stars: '별점이 없어요',
      date: '날짜를 읽을 수 없어요',
      future: '날짜가 미래예요',
      not_a_movie: '영화가 아니에요',
      watch_date: '본 날짜는 아직 저장하지 않아요',
      text: '글이 비었거나 너무 길거나 쓸 수 없는 문자가 있어요',
      shelf_state: '알 수 없는 보관 상태예요',
      duplicate: '같은 영화가 파일에 또 있어요',
      unreadable: '읽을 수 없는 줄이에요'
    } as Record<string, string>,
    exportTitle: '내보내기',
    exportLead: '내 별점과 보관함, 코멘트를 ZIP 하나로 받아요. 다시 가져오면 그대로이고, Letterboxd용 CSV도 들어 있어요.',
    export: '모두 내려받기'
  },

  footer: '포스터는 저마다의 영화에서 그린 그림입니다. 시연용 커뮤니티는 합성된 자료입니다.'
};

export type Messages = typeof ko;
