-- Facts that nobody listens to yet, until somebody does: the relay moves them out of the outbox and back.
create table outbox_unrouted (like outbox);
create index outbox_unrouted_type on outbox_unrouted (type, seq);
