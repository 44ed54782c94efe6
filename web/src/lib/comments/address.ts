/** Where one's own comment is on a movie's page; an address with it opens the editor. */
export const OWN_COMMENT = 'my-comment';
