// A person's names in Korean and English; one may be missing.
interface Named {
  nameKo: string;
  nameEn: string;
}

/** The name in the other language, unless it is missing or the same. */
export function otherName({ nameKo, nameEn }: Named, shown: string): string | null {
  return [nameKo, nameEn].find((name) => name && name !== shown) ?? null;
}
