CREATE TABLE kernels (
    name        TEXT PRIMARY KEY,
    digest      TEXT NOT NULL,
    release     TEXT NOT NULL,
    source      TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

CREATE TABLE images (
    name       TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    managed    INTEGER NOT NULL,
    path       TEXT NOT NULL,
    filesystem TEXT NOT NULL,
    size       INTEGER NOT NULL,
    source     TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The identity of a published file at its last hashing: when it differs the file is hashed again.
CREATE TABLE file_identities (
    path     TEXT PRIMARY KEY,
    sha256   TEXT NOT NULL,
    identity TEXT NOT NULL
) STRICT;

CREATE TABLE vms (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL,
    last_error    TEXT NOT NULL DEFAULT '',
    image_name    TEXT NOT NULL,
    image_digest  TEXT NOT NULL,
    kernel_name   TEXT NOT NULL,
    kernel_digest TEXT NOT NULL,
    vcpu          INTEGER NOT NULL,
    memory_mib    INTEGER NOT NULL,
    disk_bytes    INTEGER NOT NULL,
    overlay_bytes INTEGER NOT NULL,
    nat           INTEGER NOT NULL,
    engine        TEXT NOT NULL,
    address       TEXT NOT NULL UNIQUE,
    mac           TEXT NOT NULL UNIQUE,
    cid           INTEGER NOT NULL UNIQUE,
    machine_id    TEXT NOT NULL UNIQUE,
    workspace     TEXT NOT NULL DEFAULT '',
    -- 1: --rm; deleted when it stops
    ephemeral     INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX vms_image ON vms(image_digest);
CREATE INDEX vms_kernel ON vms(kernel_digest);
