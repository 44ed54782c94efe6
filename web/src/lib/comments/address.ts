/** The id of the viewer's own comment on a movie's page; an address with this fragment opens the editor. */
export const OWN_COMMENT = 'my-comment';
