-- Events that are committed but not yet published; the relay deletes what the broker has confirmed.
create table outbox (
    seq bigint generated always as identity primary key,
    id uuid not null,
    type text not null,
    aggregate_id text not null,
    version bigint not null,
    body bytea not null,
    traceparent text,
    created_at timestamptz not null default now()
);

-- Ids of messages that took effect, so that a message that comes twice does so once. The consumers of today need no such note
-- (the version on a rating and the key of a movie do more), but every database that consumes has the table.
create table inbox (
    consumer text not null,
    id uuid not null,
    received_at timestamptz not null default now(),
    primary key (consumer, id)
);
create index on inbox (received_at);
