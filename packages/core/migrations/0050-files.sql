-- What people have uploaded. The bytes stand in the object store under `key`.
create table upload_files (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  key text not null,
  name text not null,
  size bigint not null,
  extension text not null,
  mime_type text not null,
  created_by_role text not null,
  created_by uuid not null,
  -- SHA3-256 of the bytes, in hex.
  hash text not null,
  source_url text not null default '',
  -- When a request last named it. Then it is left alone by the clean-up for a while.
  used_at timestamptz(3),
  -- When the clean-up last found something that refers to it.
  referenced_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index upload_files_tenant on upload_files (tenant_id, created_at desc);

-- What nodes and tools have made.
create table tool_files (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  user_id text not null,
  conversation_id uuid,
  key text not null,
  name text not null,
  size bigint not null,
  mime_type text not null,
  used_at timestamptz(3),
  referenced_at timestamptz(3),
  created_at timestamptz(3) not null default now()
);
create index tool_files_tenant on tool_files (tenant_id, created_at desc);

-- The stored files that a JSON list of file values names.
create function related_file_ids(files text) returns text[] language sql immutable strict parallel safe
  as $$ select array(select found[1] from regexp_matches(files, '"related_id":"([0-9a-f-]{36})"', 'g') found) $$;

-- Whether a file belongs to a message is asked on every download by an API client.
create index messages_files on messages using gin (related_file_ids(files)) where files <> '[]';
