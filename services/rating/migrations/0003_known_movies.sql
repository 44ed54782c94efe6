-- A copy of the movie service's ids, by event: rating a movie that does not exist is refused without asking anyone.
create table known_movies (
    movie_id uuid primary key
);
