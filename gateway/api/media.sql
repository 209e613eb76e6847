-- add --
-- $1 user, $2 file, $3 kind, $4 MIME type, $5 file name, $6 SHA-256, $7 size.
insert into media (user_id, media_id, kind, mime_type, filename, state, sha256, size_bytes)
values ($1, $2, $3, $4, $5, 'ready', $6, $7)
