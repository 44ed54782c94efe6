// Which movies are offered for rating, in the address of the page.

export type Picked = { kind: 'FOR_YOU' | 'POPULAR' } | { kind: 'genre' | 'country' | 'decade'; value: string };

const NARROWED = ['genre', 'country', 'decade'] as const;

/** Reads the choice from an address; an invalid one means the movies for the caller. */
export function pickedIn(address: URLSearchParams): Picked {
  for (const kind of NARROWED) {
    const value = address.get(kind);
    if (value && (kind !== 'decade' || /^\d{4}$/.test(value))) return { kind, value };
  }
  return { kind: address.get('shelf') === 'popular' ? 'POPULAR' : 'FOR_YOU' };
}

export function pickedAddress(picked: Picked): string {
  if ('value' in picked) return `/rate?${new URLSearchParams({ [picked.kind]: picked.value })}`;
  return picked.kind === 'POPULAR' ? '/rate?shelf=popular' : '/rate';
}
