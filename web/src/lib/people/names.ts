// A person has a name in one language or in two.
interface Named {
  nameKo: string;
  nameEn: string;
}

/** The name in the other language, where there is one that is not the same again. */
export function otherName({ nameKo, nameEn }: Named, shown: string): string | null {
  return [nameKo, nameEn].find((name) => name && name !== shown) ?? null;
}
