-- The tables that this crate reads and writes. Every service with a database creates them in its own migrations; a test compares
-- those with this file, and the crate's queries are checked against it.
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

create table outbox_unrouted (like outbox);
create index outbox_unrouted_type on outbox_unrouted (type, seq);

create table inbox (
    consumer text not null,
    id uuid not null,
    received_at timestamptz not null default now(),
    primary key (consumer, id)
);
create index on inbox (received_at);
