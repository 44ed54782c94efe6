/** The element id of the caller's comment on a movie's page. An address with this fragment opens the editor. */
export const OWN_COMMENT = 'my-comment';
