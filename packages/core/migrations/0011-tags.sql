create table tags (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  type text not null,
  name text not null,
  created_by uuid,
  created_at timestamptz(3) not null default now()
);
create unique index tags_name on tags (tenant_id, type, name);

create table tag_bindings (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  tag_id uuid not null references tags (id) on delete cascade,
  -- An app or a dataset.
  target_id uuid not null,
  created_by uuid,
  created_at timestamptz(3) not null default now()
);
create unique index tag_bindings_target on tag_bindings (tag_id, target_id);
create index tag_bindings_tenant_target on tag_bindings (tenant_id, target_id);
