// A client of the gateway's GraphQL API. Tests compare its answers with the pages of the site.
import { expect, type Page } from '@playwright/test';

export interface Title {
  ko: string;
  en: string;
  original: string;
}
interface Name {
  nameKo: string;
  nameEn: string;
}
export interface Movie {
  id: string;
  title: Title;
  year: number;
  runtime: number | null;
  genres: string[];
  countries: string[];
  posterUrl: string | null;
  directors: Name[];
  average: { stars: number | null; count: number };
  /** Ratings per half star, from 0.5 to 5.0. */
  histogram: number[];
}
export type Confidence = 'LOW' | 'MEDIUM' | 'HIGH';
export interface ViewerState {
  stars: number | null;
  predicted: { stars: number; confidence: Confidence; because: { title: Title }[] } | null;
}
export interface Facet {
  value: string;
  count: number;
}
export type Suggestion =
  | { __typename: 'Movie'; title: Title; year: number }
  | ({ __typename: 'Person'; roles: ('DIRECTOR' | 'ACTOR')[] } & Name)
  | { __typename: 'PublicMember'; handle: string; displayName: string }
  | { __typename: 'List'; title: string; movieCount: number };

const FACTS = `id title { ko en original } year runtime genres countries posterUrl directors { nameKo nameEn }
  average { stars count } histogram`;
const PREDICTED = 'predicted { stars confidence because { title { ko en original } } }';
// The number of aliases in one query, below the gateway's limit of ten.
const BATCH = 8;

export class Gateway {
  readonly #page: Page;
  #authorization: string | undefined;

  /** Sends queries for the member who is signed in on the page, with the token that the site sends. */
  constructor(page: Page) {
    this.#page = page;
    page.on('request', (request) => {
      this.#authorization = request.headers().authorization ?? this.#authorization;
    });
  }

  async query<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const answer = await this.#page.request.post('/graphql', {
      data: { query, variables },
      headers: this.#authorization ? { authorization: this.#authorization } : {}
    });
    const { data, errors } = (await answer.json()) as { data: Data; errors?: unknown };
    expect(errors, query).toBeUndefined();
    return data;
  }

  /** All movies, in no order that tests rely on, without a filter of the gateway. */
  async catalogue(): Promise<Movie[]> {
    const movies: Movie[] = [];
    let after: string | null = null;
    do {
      const { movies: page }: { movies: { items: Movie[]; nextCursor: string | null } } = await this.query(
        `query Catalogue($after: String) { movies(sort: TITLE, first: 50, after: $after) { items { ${FACTS} } nextCursor } }`,
        { after }
      );
      movies.push(...page.items);
      after = page.nextCursor;
    } while (after);
    return movies;
  }

  async facets(): Promise<{ genres: Facet[]; countries: Facet[]; decades: Facet[] }> {
    const { facets } = await this.query<{ facets: { genres: Facet[]; countries: Facet[]; decades: Facet[] } }>(
      '{ facets { genres { value count } countries { value count } decades { value count } } }'
    );
    return facets;
  }

  async movie(id: string): Promise<Movie & { similar: { id: string }[]; mine: ViewerState | null }> {
    const { movie } = await this.query<{ movie: Movie & { similar: { id: string }[]; mine: ViewerState | null } }>(
      `query One($id: ID!) { movie(id: $id) { ${FACTS} similar { id } mine { stars ${PREDICTED} } } }`,
      { id }
    );
    return movie;
  }

  /** The caller's stars and prediction of each movie, in the order of the ids. */
  async viewerStates(ids: readonly string[]): Promise<ViewerState[]> {
    const states: ViewerState[] = [];
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      const fields = batch.map((id, i) => `m${i}: movie(id: "${id}") { mine { stars ${PREDICTED} } }`);
      const answer = await this.query<Record<string, { mine: ViewerState }>>(`{ ${fields.join(' ')} }`);
      states.push(...batch.map((_, i) => answer[`m${i}`]!.mine));
    }
    return states;
  }

  /** The ids of the first 50 movies that a search finds. */
  async search(q: string): Promise<string[]> {
    const { movies } = await this.query<{ movies: { items: { id: string }[] } }>(
      'query Words($q: String) { movies(q: $q, first: 50) { items { id } } }',
      { q }
    );
    return movies.items.map(({ id }) => id);
  }

  async suggestions(q: string): Promise<Suggestion[]> {
    const { suggest, lists } = await this.query<{ suggest: Suggestion[]; lists: { items: Suggestion[] } }>(
      `query Offered($q: String!) {
        suggest(q: $q, first: 8) {
          __typename
          ... on Movie { title { ko en original } year }
          ... on Person { nameKo nameEn roles }
          ... on PublicMember { handle displayName }
        }
        lists(q: $q, first: 3) { items { __typename title movieCount } }
      }`,
      { q }
    );
    return [...suggest, ...lists.items];
  }
}
