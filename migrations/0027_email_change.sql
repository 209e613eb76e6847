-- A person moves to another address: once the link that went there is opened.
alter table person_tokens
    drop constraint person_tokens_purpose_check,
    add constraint person_tokens_purpose_check check (purpose in ('verify', 'password', 'email')),
    add column new_email varchar(255) check (new_email = lower(new_email)),
    add constraint person_tokens_email_names_it check ((purpose = 'email') = (new_email is not null));
