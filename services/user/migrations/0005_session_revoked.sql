-- A member ends sessions from the list of them.
alter table sessions drop constraint sessions_end_reason_check;
alter table sessions add constraint sessions_end_reason_check
    check (end_reason in ('sign_out', 'reuse', 'expired', 'revoked'));
