// The tags of a watch, typed as one comma-separated line.

export const MAX_TAGS = 10;
export const MAX_TAG_LENGTH = 40;

/** Whether a watch has the tag; the comparison ignores case. */
export const hasTag = (tags: readonly string[], tag: string) => tags.some((one) => one.toLowerCase() === tag.toLowerCase());

/** Reads the tag from an address; an invalid one is ignored. */
export function tagIn(address: URLSearchParams): string | null {
  const [tag, ...more] = tagsIn(address.get('tag') ?? '');
  return tag && more.length === 0 && tagsFit([tag]) && !/\p{Cc}/u.test(tag) ? tag : null;
}

/** Splits a line into trimmed tags without duplicates; the comparison ignores case. */
export function tagsIn(line: string): string[] {
  const tags = new Map<string, string>();
  for (const tag of line.split(',').map((part) => part.trim())) {
    const key = tag.toLowerCase();
    if (tag && !tags.has(key)) tags.set(key, tag);
  }
  return [...tags.values()];
}

/** Counts characters as the server does. */
export const tagsFit = (tags: readonly string[]) =>
  tags.length <= MAX_TAGS && tags.every((tag) => [...tag].length <= MAX_TAG_LENGTH);
