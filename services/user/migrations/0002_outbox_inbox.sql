-- Events leave by the outbox: a row is inserted in the transaction of the change it tells of, and the relay publishes it.
create table outbox (
    seq          bigint generated always as identity primary key,
    id           uuid not null,
    type         text not null,
    aggregate_id text not null,
    version      bigint not null,
    body         bytea not null,
    traceparent  text,
    created_at   timestamptz not null default now()
);

-- Events come in by the inbox: the ids that a consumer has dealt with, so that a second delivery has no second effect.
create table inbox (
    consumer    text not null,
    id          uuid not null,
    received_at timestamptz not null default now(),
    primary key (consumer, id)
);

-- For the sweeper, which forgets ids after seven days.
create index on inbox (received_at);
