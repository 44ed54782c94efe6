-- Events of committed changes, until the broker has confirmed them.
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

-- Ids of messages whose effect has been taken, so that a message that comes twice takes effect once.
create table inbox (
    consumer text not null,
    id uuid not null,
    received_at timestamptz not null default now(),
    primary key (consumer, id)
);
-- Old ids are swept by age.
create index on inbox (received_at);
