// The tags of a watch, written as one line with commas between them.

export const MOST_TAGS = 10;
export const LONGEST_TAG = 40;

/** Whether a watch has the tag, in whatever capitals. */
export const hasTag = (tags: readonly string[], tag: string) => tags.some((one) => one.toLowerCase() === tag.toLowerCase());

/** The tag that an address narrows a diary to. What can be none is ignored. */
export function tagIn(address: URLSearchParams): string | null {
  const [tag, ...more] = tagsIn(address.get('tag') ?? '');
  return tag && more.length === 0 && tagsFit([tag]) && !/\p{Cc}/u.test(tag) ? tag : null;
}

/** Each once, whatever its capitals, without the space around it. */
export function tagsIn(line: string): string[] {
  const tags = new Map<string, string>();
  for (const tag of line.split(',').map((part) => part.trim())) {
    const key = tag.toLowerCase();
    if (tag && !tags.has(key)) tags.set(key, tag);
  }
  return [...tags.values()];
}

/** Characters are counted as the server counts them. */
export const tagsFit = (tags: readonly string[]) =>
  tags.length <= MOST_TAGS && tags.every((tag) => [...tag].length <= LONGEST_TAG);
