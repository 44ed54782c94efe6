// Korean particles depend on whether a word ends in a consonant: 기생충을, but 아가씨를.

const pairs = {
  '은/는': ['은', '는'],
  '을/를': ['을', '를'],
  '이/가': ['이', '가'],
  '과/와': ['과', '와'],
  '으로/로': ['으로', '로']
} as const;
export type Particle = keyof typeof pairs;

const RIEUL = 8;
// The final consonants of the digits as they are read (영 일 이 삼 사 오 육 칠 팔 구), as indices into the Hangul table of finals.
const digitFinals = [21, 8, 0, 16, 0, 0, 1, 8, 8, 0];
// Latin words are judged by their Korean pronunciation: Black ends in a consonant (블랙), Heat does not (히트). For endings such
// as those of Big (빅) and Red (레드) the spelling does not tell (null).
const latinFinals: [RegExp, number | null][] = [
  [/ng$/i, 21],
  [/le?$/i, RIEUL],
  [/me?$/i, 16],
  [/ne?$/i, 4],
  [/(?:ck|ook|(?:^|[^aeiou])[aeiou][pkct])$/i, 17],
  [/[bdg]$/i, null]
];

/** The final consonant as an index into the Hangul table of finals: 0 for none, null if the spelling does not tell. */
function finalConsonant(word: string): number | null {
  const spoken = word.replace(/[^\p{L}\p{N}]+$/u, '');
  const last = spoken.at(-1);
  if (!last) return 0;
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28;
  if (/\d/.test(last)) return digitFinals[Number(last)] ?? 0;
  const known = latinFinals.find(([ending]) => ending.test(spoken));
  return known ? known[1] : 0;
}

/** The particle of a pair that fits the word: `particle('기생충', '을/를')` is `을`. */
export function particle(word: string, pair: Particle): string {
  const final = finalConsonant(word);
  const [closed, open] = pairs[pair];
  // Unknown: Korean then writes both, as in 을(를).
  if (final === null) return pair === '으로/로' ? '(으)로' : `${closed}(${open})`;
  // After ㄹ the particle is 로 too: 서울로.
  if (pair === '으로/로' && final === RIEUL) return open;
  return final > 0 ? closed : open;
}

/** The word with its particle: `withParticle('기생충', '을/를')` is `기생충을`. */
export function withParticle(word: string, pair: Particle): string {
  return word + particle(word, pair);
}
